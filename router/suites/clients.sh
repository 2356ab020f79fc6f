# Clients that people use: psql, pgbench, psycopg2, psycopg 3 and node-postgres. Sourced by `run`.
# psycopg, for Debian's Python, comes from Debian's packages, which are unpacked and not installed; node-postgres from the npm registry.

readonly CLIENTS_METHOD=scram-sha-256
readonly CLIENTS_LEAST=71

clients_settings() { echo "max_prepared_transactions = 10"; }

clients_prepare() {
    local package packages=$CACHE/python
    if [ ! -e "$packages/complete" ]; then
        say "downloading psycopg"
        rm -rf "$packages"
        mkdir -p "$packages"
        download_packages "$packages" python3-psycopg2 python3-psycopg python3-typing-extensions
        for package in "$packages"/*.deb; do dpkg -x "$package" "$packages"; done
        touch "$packages/complete"
    fi
    export PYTHONPATH=$packages/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
    if ! cmp -s "$SUITES/clients/node/package.json" "$CACHE/node/package.json"; then
        say "downloading node-postgres"
        rm -rf "$CACHE/node"
        mkdir -p "$CACHE/node.new"
        cp "$SUITES/clients/node/package.json" "$CACHE/node.new"
        (cd "$CACHE/node.new" && npm install --no-package-lock --no-audit --no-fund --ignore-scripts) >"$WORK/npm.log" 2>&1 ||
            die "npm install failed: $(tail -5 "$WORK/npm.log")"
        mv "$CACHE/node.new" "$CACHE/node"
    fi
    cp "$SUITES/clients/node/clients.js" "$CACHE/node/"
}

# clients_once NAME: writes "client#check status" lines to $WORK/NAME.list, "seconds client#check" to $WORK/NAME.times.
clients_once() {
    local name=$1
    (
        export PGHOST=$ROUTER_HOST PGPORT=$ROUTER_PORT PGUSER=postgres PGPASSWORD=secret PGDATABASE=postgres PGSSLROOTCERT=$SERVER_CERT
        export PATH=$POSTGRES:$PATH
        for client in psql pgbench with_psycopg2 with_psycopg3; do /usr/bin/python3 "$SUITES/clients/$client.py" || exit; done
        node "$CACHE/node/clients.js"
    ) >"$WORK/$name.list" 2>"$RESULTS/clients-$name.log" || die "a client ended: $(tail -20 "$RESULTS/clients-$name.log")"
    sed -nE 's/^time: //p' "$RESULTS/clients-$name.log" >"$WORK/$name.times"
}
