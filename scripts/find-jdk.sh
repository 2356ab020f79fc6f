# Sourced, not run: find_jdk prints the home of a JDK that can build and run this project.
# Looked at in order: JAVA_HOME, the java on PATH, then the places where packages and version managers put JDKs.

readonly JDK_LOWEST=25

# jdk_major HOME: its feature version, nothing when it is no JDK (a runtime without javac cannot build).
jdk_major() {
    [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] || return 0
    local version=
    if [ -r "$1/release" ]; then
        version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release")
    fi
    if [ -z "$version" ]; then
        version=$("$1/bin/java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
    fi
    printf '%s' "$version"
}

jdk_candidates() {
    [ -n "${JAVA_HOME:-}" ] && printf '%s\n' "$JAVA_HOME"
    local java
    java=$(command -v java || true)
    [ -n "$java" ] && dirname "$(dirname "$(readlink -f "$java")")"
    local home
    for home in \
        /usr/lib/jvm/* /usr/java/* /opt/java/* /opt/jdk* \
        "${HOME:-/nonexistent}"/.sdkman/candidates/java/* \
        "${MISE_DATA_DIR:-${HOME:-/nonexistent}/.local/share/mise}"/installs/java/* \
        "${ASDF_DATA_DIR:-${HOME:-/nonexistent}/.asdf}"/installs/java/* \
        "${HOME:-/nonexistent}"/.jdks/*; do
        [ -d "$home" ] && printf '%s\n' "$home"
    done
}

find_jdk() {
    local home major
    while IFS= read -r home; do
        major=$(jdk_major "$home")
        if [ -n "$major" ] && [ "$major" -ge "$JDK_LOWEST" ]; then
            printf '%s\n' "$home"
            return 0
        fi
    done < <(jdk_candidates)
    {
        echo "understudy: no JDK $JDK_LOWEST or newer was found (a JDK with javac; a runtime alone cannot build)."
        if [ -n "${JAVA_HOME:-}" ]; then
            echo "  JAVA_HOME is $JAVA_HOME: version '$(jdk_major "$JAVA_HOME")', expected $JDK_LOWEST or newer."
        else
            echo "  JAVA_HOME is not set."
        fi
        echo "  java on PATH: $(command -v java || echo none); also looked in /usr/lib/jvm, /usr/java, /opt, ~/.sdkman, mise, asdf, ~/.jdks."
        echo "  Install one (for example Eclipse Temurin $JDK_LOWEST, from https://adoptium.net or your distribution) or set JAVA_HOME to it."
    } >&2
    return 1
}
