# PostgreSQL's core regression suite, of the version that is installed. Sourced by `run`.
#
# The tests come from Debian's source package by the machine's own apt sources; only regress.so must be built, with the
# headers of postgresql-server-dev, which is unpacked and not installed.

readonly REGRESS_METHOD=trust
# It takes half a minute; a router that loses a lock or a reply must not hold everything up.
readonly REGRESS_LIMIT=600
readonly REGRESS_LEAST=215

regress_settings() { :; }

# Runs apt with a list of source packages of our own beside the machine's lists.
apt_with_sources() {
    local apt=$WORK/apt program=$1 list
    shift
    if [ ! -d "$apt" ]; then
        mkdir -p "$apt/parts" "$apt/lists/partial"
        for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
            [ -e "$list" ] && sed -E -n 's/^deb(-src)? /deb-src /p; s/^deb(-src)? /deb /p' "$list" >"$apt/parts/$(basename "$list" .list).list"
        done
        for list in /etc/apt/sources.list.d/*.sources; do
            [ -e "$list" ] && sed 's/^Types:.*/Types: deb deb-src/' "$list" >"$apt/parts/$(basename "$list")"
        done
        apt_with_sources apt-get -q update >"$apt/log" 2>&1 || die "apt-get update failed: $(tail -5 "$apt/log")"
    fi
    "$program" -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$apt/parts" -o Dir::State::Lists="$apt/lists" \
        -o APT::Sandbox::User=root "$@"
}

regress_prepare() {
    local version dir=$CACHE/postgres-$MAJOR
    version=$(dpkg-query -W -f '${Version}' "postgresql-$MAJOR")
    REGRESS=$WORK/regress
    # Complete only when the last of the downloads has been moved in.
    if [ ! -e "$dir/version" ] || [ "$(cat "$dir/version")" != "$version" ]; then
        say "downloading the sources of postgresql-$MAJOR $version"
        rm -rf "$dir"
        mkdir -p "$dir"
        (
            cd "$dir"
            # The tests must be of the installed version; headers of any minor version fit.
            apt_with_sources apt-get -q source --download-only "postgresql-$MAJOR=$version"
            apt_with_sources apt-get -q download "postgresql-server-dev-$MAJOR=$version" ||
                apt_with_sources apt-get -q download "postgresql-server-dev-$MAJOR"
        ) >"$WORK/apt.log" 2>&1 ||
            die "cannot get the sources of postgresql-$MAJOR $version: $(tail -5 "$WORK/apt.log")" \
                "(where that version is no longer offered, upgrade the installed one: apt-get install postgresql-$MAJOR)"
        echo "$version" >"$dir/version"
    fi
    mkdir -p "$REGRESS/out/results"
    tar -xf "$dir"/*.orig.tar.* -C "$REGRESS" --strip-components=4 --wildcards '*/src/test/regress'
    dpkg -x "$dir"/postgresql-server-dev-*.deb "$REGRESS/dev"
    gcc -O1 -fPIC -shared -w -I"$REGRESS" -I"$REGRESS/dev/usr/include/postgresql/$MAJOR/server" -I/usr/include \
        -o "$REGRESS/lib-regress.so" "$REGRESS/regress.c" || die "regress.so could not be built"
    mkdir "$REGRESS/lib"
    mv "$REGRESS/lib-regress.so" "$REGRESS/lib/regress.so"
    cp "$POSTGRES/../lib/refint.so" "$POSTGRES/../lib/autoinc.so" "$REGRESS/lib/"
    # Debian's packages keep sockets elsewhere and so on; no test looks at that.
    sed -i '/^ignore:/d' "$REGRESS/parallel_schedule"
    chmod -R a+rX "$REGRESS"
}

# Makes the database as pg_regress would, which must not be made through the router: its settings hold from the next log-in.
regress_database() {
    PGOPTIONS= "$POSTGRES/psql" -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$SERVER_PORT" -U postgres postgres >/dev/null <<'SQL'
CREATE DATABASE regression TEMPLATE template0;
ALTER DATABASE regression SET lc_messages TO 'C';
ALTER DATABASE regression SET lc_monetary TO 'C';
ALTER DATABASE regression SET lc_numeric TO 'C';
ALTER DATABASE regression SET lc_time TO 'C';
ALTER DATABASE regression SET bytea_output TO 'hex';
ALTER DATABASE regression SET timezone_abbreviations TO 'Default';
SQL
}

# regress_once NAME: writes "test status" lines to $WORK/NAME.list, "seconds test" to $WORK/NAME.times.
regress_once() {
    local name=$1 out=$WORK/regress-$1
    regress_database
    mkdir -p "$out/results"
    own "$out"
    # A file that a test's server process writes and another reads must lie where both can.
    unprivileged timeout "$REGRESS_LIMIT" "$POSTGRES/../lib/pgxs/src/test/regress/pg_regress" --use-existing --bindir="$POSTGRES" --dlpath="$REGRESS/lib" \
        --inputdir="$REGRESS" --outputdir="$out" --host="$ROUTER_HOST" --port="$ROUTER_PORT" --user=postgres \
        --dbname=regression --max-concurrent-tests="${REGRESS_CONCURRENT:-20}" --schedule="$REGRESS/parallel_schedule" \
        ${REGRESS_TESTS:-} >"$out/log" 2>&1 || true
    # "test name ... ok 12 ms" in a group of one, "     name ... FAILED 12 ms" in a larger one.
    sed -nE 's/^(test| ) +([a-z0-9_]+) +\.\.\. (ok|FAILED).*/\2 \3/p' "$out/log" | sed 's/ok$/passed/; s/FAILED$/failed/' |
        sort -u >"$WORK/$name.list"
    sed -nE 's/^(test| ) +([a-z0-9_]+) +\.\.\. (ok|FAILED).* ([0-9]+) ms$/\4 \2/p' "$out/log" |
        awk '{ printf "%.1f %s\n", $1 / 1000, $2 }' >"$WORK/$name.times"
    [ -s "$WORK/$name.list" ] || die "no test ran: $(tail -20 "$out/log")"
    cp "$out/log" "$RESULTS/regress-$name.log"
    rm -f "$RESULTS/regress-$name.diffs"
    [ ! -e "$out/regression.diffs" ] || cp "$out/regression.diffs" "$RESULTS/regress-$name.diffs"
}
