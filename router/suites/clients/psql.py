"""psql: what people type."""

import os
import pathlib
import signal
import subprocess
import tempfile

from checks import check, contains, equal, main, running, scalar, until


def psql(script, *options, environment=None):
    run = subprocess.run(["psql", "-XAtq", *options], input=script, capture_output=True, text=True, timeout=50,
                         env={**os.environ, **(environment or {})})
    return run


def lines(script, *options, environment=None):
    run = psql(script, "-v", "ON_ERROR_STOP=1", *options, environment=environment)
    if run.returncode:
        raise AssertionError(run.stderr)
    return run.stdout.splitlines()


@check
def simple_queries_return_their_rows():
    equal(lines("SELECT 1; SELECT 'two' \\; SELECT 3; SELECT g FROM generate_series(1, 3) g;"), ["1", "two", "3", "1", "2", "3"])


@check
def a_large_result_streams():
    equal(scalar("SELECT count(*), sum(length(x)) FROM (SELECT repeat('x', 1000) x FROM generate_series(1, 50000)) s"), "50000|50000000")
    equal(len(lines("SELECT repeat('x', 1000) FROM generate_series(1, 50000)")), 50000)


@check
def one_large_value_comes_whole():
    found = lines("SELECT repeat('0123456789', 3000000)")
    equal((len(found), len(found[0]), found[0][-10:]), (1, 30000000, "0123456789"))


@check
def an_error_ends_a_transaction_and_only_that():
    run = psql("BEGIN; SELECT 1/0; SELECT 2; ROLLBACK; SELECT 3;")
    contains(run.stderr, "division by zero")
    contains(run.stderr, "current transaction is aborted")
    equal(run.stdout.split(), ["3"])


@check
def copy_in_and_out():
    with tempfile.TemporaryDirectory() as folder:
        source, target = pathlib.Path(folder, "in"), pathlib.Path(folder, "out")
        source.write_text("".join(f"{i}\tline {i}\n" for i in range(100000)))
        lines(f"DROP TABLE IF EXISTS psql_copy; CREATE TABLE psql_copy (i int, t text);\n\\copy psql_copy from '{source}'\n"
              f"\\copy (SELECT * FROM psql_copy ORDER BY i) to '{target}'\nDROP TABLE psql_copy;")
        equal(target.read_text(), source.read_text())


@check
def an_error_inside_copy_leaves_the_session_usable():
    run = psql("DROP TABLE IF EXISTS psql_bad; CREATE TABLE psql_bad (i int);\nCOPY psql_bad FROM stdin;\n1\nx\n3\n\\.\nSELECT count(*) FROM psql_bad; DROP TABLE psql_bad;")
    contains(run.stderr, "invalid input syntax for type integer")
    equal(run.stdout.split(), ["0"])


@check
def an_interrupt_cancels_the_running_statement_only():
    client = subprocess.Popen(["psql", "-XAtq"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        client.stdin.write("SELECT pg_sleep(40) /* psql_cancel */;\n")
        client.stdin.flush()
        until(lambda: running("psql_cancel"))
        client.send_signal(signal.SIGINT)
        out, err = client.communicate("SELECT 'after', pg_sleep(0.2);\n", timeout=30)
    finally:
        client.kill()
    # psql that reads no terminal stops at an interrupt or goes on, by version: the server's answer is what counts.
    contains(err, "canceling statement due to user request")
    until(lambda: not running("psql_cancel"))


@check
def listen_hears_notify():
    out = lines("LISTEN psql_channel; NOTIFY psql_channel, 'hello'; SELECT 1;")
    contains("\n".join(out), 'Asynchronous notification "psql_channel" with payload "hello"')


@check
def listen_hears_another_session():
    client = subprocess.Popen(["psql", "-XAtq"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        client.stdin.write("LISTEN psql_other;\nSELECT 'ready';\n")
        client.stdin.flush()
        equal(client.stdout.readline().strip(), "ready")
        scalar("SELECT pg_notify('psql_other', 'from afar')")
        # psql looks at notifications after a statement.
        out, _ = client.communicate("SELECT pg_sleep(0.2);\nSELECT 1;\n", timeout=30)
    finally:
        client.kill()
    contains(out, 'with payload "from afar"')


@check
def large_objects_go_in_and_out():
    with tempfile.TemporaryDirectory() as folder:
        source, target = pathlib.Path(folder, "in"), pathlib.Path(folder, "out")
        source.write_bytes(bytes(range(256)) * 4000)
        out = lines(f"\\lo_import '{source}'\n\\lo_export :LASTOID '{target}'\n\\lo_unlink :LASTOID\n"
                    "SELECT count(*) FROM pg_largeobject_metadata WHERE oid = :LASTOID;")
        equal(target.read_bytes(), source.read_bytes())
        equal(out[-1], "0")


@check
def settings_follow_the_session():
    equal(lines("SET work_mem = '7MB'; SET search_path = pg_catalog;\nSHOW work_mem;\nSHOW search_path;\nRESET work_mem;\nSELECT current_setting('work_mem') = boot_val || 'kB' OR current_setting('work_mem') = '4MB' FROM pg_settings WHERE name = 'work_mem';"),
          ["7MB", "pg_catalog", "t"])


@check
def start_up_options_hold():
    environment = {"PGOPTIONS": "-c work_mem=9MB -c search_path=pg_catalog", "PGTZ": "Asia/Tokyo", "PGDATESTYLE": "SQL, DMY", "PGAPPNAME": "psql of the suite"}
    equal(lines("SHOW work_mem;\nSHOW search_path;\nSHOW TimeZone;\nSHOW DateStyle;\nSHOW application_name;", environment=environment),
          ["9MB", "pg_catalog", "Asia/Tokyo", "SQL, DMY", "psql of the suite"])


@check
def client_encoding_holds():
    equal(lines("SHOW client_encoding;\nSELECT ascii(E'\\u00e9');", environment={"PGCLIENTENCODING": "LATIN1"}), ["LATIN1", "233"])


@check
def prepared_in_sql():
    run = psql("PREPARE twice (int) AS SELECT $1 * 2;\nEXECUTE twice(21);\nDEALLOCATE twice;\nEXECUTE twice(22);\nSELECT 'after';")
    equal(run.stdout.split(), ["42", "after"])
    contains(run.stderr, 'prepared statement "twice" does not exist')


@check
def the_view_of_prepared_statements_shows_only_ones_own():
    equal(lines("PREPARE twice (int) AS SELECT $1 * 2;\nEXECUTE twice(21);\nSELECT name FROM pg_prepared_statements;"), ["42", "twice"])


@check
def results_are_described():
    equal(lines("SELECT 1 AS one, 'x'::text AS x \\gdesc\n"), ["one|integer", "x|text"])


@check
def rows_in_portions_by_a_cursor():
    equal(len(lines("\\set FETCH_COUNT 100\nSELECT g FROM generate_series(1, 1234) g;")), 1234)


@check
def temporary_tables_and_session_locks_stay():
    equal(lines("CREATE TEMP TABLE mine (i int);\nINSERT INTO mine VALUES (1), (2);\nSELECT pg_advisory_lock(4711);\nSELECT count(*) FROM mine;\n"
                "SELECT pg_advisory_unlock(4711);\nDROP TABLE mine;"), ["", "2", "t"])


@check
def reconnecting_works():
    equal(lines("SELECT 1;\n\\c -\nSELECT current_user;"), ["1", os.environ["PGUSER"]])


@check
def a_wrong_password_is_refused():
    run = psql("SELECT 1", environment={"PGPASSWORD": "wrong"})
    equal(run.returncode, 2)
    contains(run.stderr, "password authentication failed")


@check
def an_absent_database_is_refused():
    run = psql("SELECT 1", environment={"PGDATABASE": "no such database"})
    equal(run.returncode, 2)
    contains(run.stderr, 'database "no such database" does not exist')


@check
def tls_encrypts():
    out = lines("\\conninfo\nSELECT 5;", environment={"PGSSLMODE": "verify-full", "PGHOST": "localhost", "PGHOSTADDR": os.environ["PGHOST"]})
    contains("\n".join(out), "SSL connection")
    equal(out[-1], "5")


main("psql")
