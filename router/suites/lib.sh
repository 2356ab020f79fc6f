# Shared by the suites: a throw-away PostgreSQL of Debian, a router in front of it, and what ends them.
# Sourced by bash with `set -euo pipefail`; reads SUITES (this folder) and ROOT (the repository).

# Where downloads are kept between runs.
readonly CACHE=${SUITES_CACHE:-$ROOT/router/target/suites}
# The servers' and the tests' files. Below /tmp because a home or a work tree may be closed to the server's user.
WORK=$(mktemp -d /tmp/understudy-suites.XXXXXX)
chmod 755 "$WORK"
# Who runs servers and tests where we are root, which PostgreSQL refuses to be.
export UNPRIVILEGED=postgres

# A test that never stops writing must not fill the disk of whoever else works there.
readonly MOST_MEGABYTES=8000

SERVER_DATA=
ROUTER_PID=
WATCH_PID=
RUNS=()

say() { echo "== $*" >&2; }
die() {
    echo "$*" >&2
    exit 2
}

# Runs a program as a user that PostgreSQL accepts, keeping the environment.
unprivileged() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid="$UNPRIVILEGED" --regid="$UNPRIVILEGED" --init-groups env HOME="$WORK" "$@"
    else
        "$@"
    fi
}

own() { if [ "$(id -u)" = 0 ]; then chown -R "$UNPRIVILEGED:" "$@"; fi; }

# Sets POSTGRES, the programs of the newest PostgreSQL that Debian installed, and MAJOR, its version.
find_postgres() {
    POSTGRES=$(ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -1)
    [ -n "$POSTGRES" ] || die "no PostgreSQL in /usr/lib/postgresql; install Debian's package postgresql"
    POSTGRES=$(dirname "$POSTGRES")
    MAJOR=$(basename "$(dirname "$POSTGRES")")
    readonly POSTGRES MAJOR
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start_server trust|scram-sha-256: sets SERVER_PORT. The superuser is postgres, its password "secret"; TLS is on.
start_server() {
    local method=$1 dir
    dir=$(mktemp -d "$WORK/server.XXXXXX")
    SERVER_DATA=$dir/data
    SERVER_PORT=$(free_port)
    echo secret >"$dir/password"
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
        -keyout "$dir/server.key" -out "$dir/server.crt" 2>/dev/null
    chmod 600 "$dir/server.key"
    own "$dir"
    unprivileged "$POSTGRES/initdb" -D "$SERVER_DATA" -U postgres -A "$method" --pwfile="$dir/password" \
        --no-sync --no-locale -E UTF8 >"$dir/initdb.log" || die "initdb failed: $(cat "$dir/initdb.log")"
    cat >>"$SERVER_DATA/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $SERVER_PORT
unix_socket_directories = ''
fsync = off
full_page_writes = off
ssl = on
ssl_cert_file = '$dir/server.crt'
ssl_key_file = '$dir/server.key'
${SERVER_SETTINGS:-}
CONF
    unprivileged "$POSTGRES/pg_ctl" -D "$SERVER_DATA" -w -l "$dir/log" start >/dev/null ||
        die "the server did not start: $(cat "$dir/log")"
    SERVER_CERT=$dir/server.crt
    watch_size &
    WATCH_PID=$!
}

# Stops the server when its files have grown beyond all reason.
watch_size() {
    trap - EXIT INT TERM
    while sleep 5; do
        [ "$(du -sm "$SERVER_DATA" 2>/dev/null | cut -f1)" -lt "$MOST_MEGABYTES" ] && continue
        say "the server holds more than $MOST_MEGABYTES MB: it is stopped"
        unprivileged "$POSTGRES/pg_ctl" -D "$SERVER_DATA" -m immediate stop >/dev/null 2>&1
        return
    done
}

stop_server() {
    [ -n "$SERVER_DATA" ] || return 0
    kill "$WATCH_PID" 2>/dev/null || true
    wait "$WATCH_PID" 2>/dev/null || true
    unprivileged "$POSTGRES/pg_ctl" -D "$SERVER_DATA" -w -m immediate stop >/dev/null 2>&1 || true
    SERVER_DATA=
}

# Builds before the clocks start.
build_router() {
    [ "$1" != understudy ] || BUILD=only ROOT=$ROOT "$SUITES/routers/understudy"
}

# start_router <name of a program in routers/, or none>: sets ROUTER_HOST and ROUTER_PORT. The program gets the server's
# address, says "HOST PORT" on its first line once it accepts clients, and serves until it is told to end.
start_router() {
    local name=$1 method=$2 address out=$WORK/router.out
    ROUTER_HOST=127.0.0.1
    ROUTER_PORT=$SERVER_PORT
    [ "$name" != none ] || return 0
    [ -x "$SUITES/routers/$name" ] || die "no router $name in $SUITES/routers"
    rm -f "$out"
    mkfifo "$out"
    ROOT=$ROOT SERVER_HOST=127.0.0.1 SERVER_PORT=$SERVER_PORT SERVER_METHOD=$method SERVER_CERT=$SERVER_CERT \
        DIR=$(mktemp -d "$WORK/router.XXXXXX") \
        BUILD=no "$SUITES/routers/$name" >"$out" 2>"$WORK/router.log" &
    ROUTER_PID=$!
    # Read and write, so that a router that ends before it opens its side does not leave us waiting.
    exec 9<>"$out"
    read -r -t 300 address <&9 || die "the router $name did not start: $(tail -20 "$WORK/router.log")"
    read -r ROUTER_HOST ROUTER_PORT <<<"$address"
}

stop_router() {
    [ -n "$ROUTER_PID" ] || return 0
    kill -TERM "$ROUTER_PID" 2>/dev/null || true
    wait "$ROUTER_PID" 2>/dev/null || true
    ROUTER_PID=
    exec 9<&-
}

# Ends one run: what it started, whatever way it went.
finish_once() {
    local status=$?
    trap - EXIT
    stop_router
    stop_server
    exit "$status"
}

finish() {
    local status=$? run
    trap - EXIT
    # Told to go while runs are under way: their groups are told too and waited for.
    for run in "${RUNS[@]}"; do kill -TERM -- "-$run" 2>/dev/null || true; done
    for run in "${RUNS[@]}"; do wait "$run" 2>/dev/null || true; done
    if [ -n "${KEEP:-}" ]; then say "kept: $WORK"; else rm -rf "$WORK"; fi
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

mkdir -p "$CACHE"
