# Sourced by the commands beside it. Agents run in processes of their own, started with the class path of the command, and, as those of a
# distribution, from a file of linked classes.

# linked_classes TARGET [OPTION...]: fills JAVA with a command that runs a class of what was built in TARGET, and makes the file, with
# these options of the JVM, if it is not of that yet.
linked_classes() {
    local target=$1 jars=("$1"/understudy-chaos-*.jar) cache=$1/classes.aot of
    shift
    # Ratis' netty and the guard's signals need the first two.
    JAVA=("$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow
        -XX:+UseSerialGC -Xmx1g -Dunderstudy.class-cache="$cache" -cp "${jars[0]}:$target/lib/*")
    of=$(cd "$target" && cat "${jars[0]##*/}" lib/*.jar | cksum)
    [ "$of" != "$(cat "$cache.of" 2>/dev/null)" ] || return 0
    rm -f "$cache"
    echo "${0##*/}: making the file of linked classes that agents start from, about half a minute" >&2
    JAVA_TOOL_OPTIONS=$* "${JAVA[@]}" io.understudy.cli.Understudy class-cache --to "$cache" ||
        echo "${0##*/}: that failed and is left out: agents start more slowly" >&2
    echo "$of" >"$cache.of"
}
