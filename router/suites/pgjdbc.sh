# The tests of PostgreSQL's JDBC driver, of the version that the build uses. Sourced by `run`.
#
# They come as an artifact of the driver with the classifier jdbc-src, which holds a Maven project of its own. Left out are
# the tests that need more than one server or a Kerberos service, and those of the driver's own TLS certificates.

readonly PGJDBC_METHOD=scram-sha-256
# It takes about four minutes.
readonly PGJDBC_LIMIT=1200
readonly PGJDBC_LEAST=1445
# A test of the driver that needs no server: it has Maven fetch what running tests takes, once and not twice at the same time.
readonly PGJDBC_PURE=PGtokenizerTest
# Two-phase commit has tests of its own. The server must keep no more connections than tests of the driver leave behind.
readonly PGJDBC_SETTINGS="max_prepared_transactions = 64
max_connections = 200"

pgjdbc_settings() { echo "$PGJDBC_SETTINGS"; }

pgjdbc_prepare() {
    local version archive
    JAVA_HOME=$(find_jdk)
    export JAVA_HOME
    version=$(sed -nE 's|.*<pgjdbc\.version>(.*)</pgjdbc\.version>.*|\1|p' "$ROOT/pom.xml")
    [ -n "$version" ] || die "no pgjdbc.version in $ROOT/pom.xml"
    archive=$CACHE/postgresql-$version-jdbc-src.tar.gz
    if [ ! -e "$archive" ]; then
        say "downloading the sources of pgjdbc $version"
        mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy -DoutputDirectory="$CACHE" \
            -Dartifact="org.postgresql:postgresql:$version:tar.gz:jdbc-src" >"$WORK/mvn.log" 2>&1 ||
            die "cannot get the sources of pgjdbc $version: $(tail -5 "$WORK/mvn.log")"
    fi
    PGJDBC=$WORK/pgjdbc
    mkdir "$PGJDBC"
    tar -xzf "$archive" -C "$PGJDBC" --strip-components=1
    # A test that waits for a lost reply must end before the suite does.
    sed -i 's/\(execution.timeout.default=\)5 m/\160 s/' "$PGJDBC/pom.xml"
    # It ends another session by the number that the session was told at log-in, which is the router's and no process's, and
    # writes until that session is gone: for ever.
    sed -i 's/^  void lockReleaseOnCancelFailure/  @org.junit.jupiter.api.Disabled\n&/' \
        "$PGJDBC/src/test/java/org/postgresql/test/jdbc2/CopyTest.java"
    # A fixed port, which two runs at the same time cannot have.
    sed -i 's/new ServerSocket(9009)/new ServerSocket(0)/' "$PGJDBC/src/test/java/org/postgresql/jdbc/ConnectionValidTest.java"
    cat >"$PGJDBC/included" <<'TESTS'
org/postgresql/jdbc/*Test.java
org/postgresql/test/core/*Test.java
org/postgresql/test/extensions/*Test.java
org/postgresql/test/jdbc2/**/*Test*.java
org/postgresql/test/jdbc3/**/*Test.java
org/postgresql/test/jdbc4/**/*Test.java
org/postgresql/test/jdbc42/**/*Test.java
org/postgresql/test/plugin/*Test.java
org/postgresql/test/xa/*Test.java
TESTS
    say "compiling pgjdbc $version"
    (cd "$PGJDBC" && mvn -q -B test-compile) >"$WORK/mvn.log" 2>&1 || die "pgjdbc's tests do not compile: $(tail -20 "$WORK/mvn.log")"
    (cd "$PGJDBC" && mvn -q -B surefire:test -Dtest="$PGJDBC_PURE") >"$WORK/mvn.log" 2>&1 ||
        die "a test of pgjdbc that needs no server fails: $(tail -20 "$WORK/mvn.log")"
    rm -rf "$PGJDBC/target/surefire-reports"
}

pgjdbc_database() {
    PGPASSWORD=secret "$POSTGRES/psql" -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$SERVER_PORT" -U postgres postgres <<'SQL'
CREATE ROLE test LOGIN CREATEDB CREATEROLE PASSWORD 'test';
CREATE DATABASE test OWNER test;
\c test
CREATE EXTENSION hstore;
CREATE EXTENSION citext;
SQL
}

# pgjdbc_once NAME: writes "test status" lines to $WORK/NAME.list, "seconds class" to $WORK/NAME.times; skipped tests are left out.
pgjdbc_once() {
    local name=$1
    pgjdbc_database
    cp -a "$PGJDBC" "$WORK/pgjdbc"
    PGJDBC=$WORK/pgjdbc
    cat >"$PGJDBC/build.local.properties" <<PROPERTIES
test.url.PGHOST=$ROUTER_HOST
test.url.PGPORT=$ROUTER_PORT
test.url.PGDBNAME=test
user=test
password=test
privilegedUser=postgres
privilegedPassword=secret
PROPERTIES
    (cd "$PGJDBC" && timeout "$PGJDBC_LIMIT" mvn -B surefire:test -Dsurefire.includesFile="$PGJDBC/included" -Dmaven.test.failure.ignore \
        -Dsurefire.trimStackTrace=false) >"$WORK/pgjdbc-$name.log" 2>&1 || say "the suite did not end by itself"
    python3 "$SUITES/surefire.py" "$PGJDBC/target/surefire-reports" "$WORK/$name.times" >"$WORK/$name.list"
    [ -s "$WORK/$name.list" ] || die "no test ran: $(tail -20 "$WORK/pgjdbc-$name.log")"
    rm -rf "$RESULTS/pgjdbc-$name"
    cp -r "$PGJDBC/target/surefire-reports" "$RESULTS/pgjdbc-$name"
}
