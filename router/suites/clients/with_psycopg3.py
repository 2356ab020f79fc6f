"""psycopg 3, of Debian's python3-psycopg."""

import threading

import psycopg
from psycopg import errors

from checks import check, equal, main, parameters, running, until


def connect(**more):
    return psycopg.connect(**{**parameters(), **more})


@check
def prepared_statements_survive_many_transactions():
    with connect(prepare_threshold=0, autocommit=True) as connection:
        for i in range(300):
            equal(connection.execute("SELECT %s::int + 1", (i,)).fetchone(), (i + 1,))
        equal(connection.execute("SELECT %s::text || 'x'", ("a",), prepare=True).fetchone(), ("ax",))


@check
def more_prepared_statements_than_are_kept():
    with connect(prepare_threshold=0, autocommit=True) as connection:
        connection.prepared_max = 1000
        for _ in range(2):
            for i in range(700):
                equal(connection.execute(f"SELECT {i} + %s::int", (1,)).fetchone(), (i + 1,))


@check
def a_prepared_statement_outlives_a_change_of_the_schema():
    with connect(prepare_threshold=0, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS psycopg3_schema")
        connection.execute("CREATE TABLE psycopg3_schema (a int, b int)")
        connection.execute("INSERT INTO psycopg3_schema VALUES (1, 2)")
        equal(connection.execute("SELECT a FROM psycopg3_schema WHERE b = %s", (2,)).fetchone(), (1,))
        connection.execute("ALTER TABLE psycopg3_schema ADD c text DEFAULT 'c'")
        equal(connection.execute("SELECT a FROM psycopg3_schema WHERE b = %s", (2,)).fetchone(), (1,))
        connection.execute("DROP TABLE psycopg3_schema")


@check
def a_pipeline_runs_in_order():
    with connect(autocommit=True) as connection, connection.pipeline() as pipeline:
        cursors = [connection.execute("SELECT %s::int * 2", (i,)) for i in range(500)]
        pipeline.sync()
        equal([cursor.fetchone()[0] for cursor in cursors], [i * 2 for i in range(500)])


@check
def an_error_in_a_pipeline_skips_up_to_the_next_sync():
    with connect(autocommit=True) as connection:
        with connection.pipeline() as pipeline:
            before = connection.execute("SELECT 1")
            # The error is told as soon as it is there: by any of these.
            try:
                connection.execute("SELECT 1/%s::int", (0,))
                connection.execute("SELECT pg_notify('psycopg3_skipped', '')")
                pipeline.sync()
                raise AssertionError("no error")
            except errors.DivisionByZero:
                pass
            try:
                pipeline.sync()
            except (errors.DivisionByZero, errors.PipelineAborted):
                pass
            equal(before.fetchone(), (1,))
            last = connection.execute("SELECT 4")
            pipeline.sync()
            equal(last.fetchone(), (4,))
        equal(connection.execute("SELECT 5").fetchone(), (5,))


@check
def a_server_side_cursor_reads_in_portions():
    with connect() as connection, connection.cursor(name="portions") as cursor:
        cursor.itersize = 100
        cursor.execute("SELECT g FROM generate_series(1, 2500) g")
        equal(sum(row[0] for row in cursor), 2500 * 2501 // 2)


@check
def copy_both_ways_in_binary():
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE copied (i int, t text)")
        with cursor.copy("COPY copied FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["int4", "text"])
            for i in range(20000):
                copy.write_row((i, f"line {i}"))
        with cursor.copy("COPY copied TO STDOUT (FORMAT BINARY)") as copy:
            copy.set_types(["int4", "text"])
            equal(sum(1 for _ in copy.rows()), 20000)


@check
def copy_abandoned_by_the_client_is_rolled_back():
    with connect(autocommit=True) as connection:
        connection.execute("CREATE TEMP TABLE abandoned (i int)")
        try:
            with connection.cursor().copy("COPY abandoned FROM STDIN") as copy:
                copy.write_row((1,))
                raise ValueError("enough")
        except (ValueError, errors.QueryCanceled):
            pass
        equal(connection.execute("SELECT count(*) FROM abandoned").fetchone(), (0,))


@check
def cancel_ends_the_running_statement_only():
    with connect(autocommit=True) as connection:
        found = []

        def sleep():
            try:
                connection.execute("SELECT pg_sleep(40) /* psycopg3_cancel */")
            except errors.QueryCanceled as canceled:
                found.append(canceled.sqlstate)

        thread = threading.Thread(target=sleep)
        thread.start()
        until(lambda: running("psycopg3_cancel"))
        connection.cancel()
        thread.join(30)
        equal(found, ["57014"])
        equal(connection.execute("SELECT pg_sleep(0.2), 5").fetchone()[1], 5)


@check
def listen_hears_another_session():
    with connect(autocommit=True) as listener, connect(autocommit=True) as sender:
        listener.execute("LISTEN psycopg3_channel")
        sender.execute("NOTIFY psycopg3_channel, 'hello'")
        for notification in listener.notifies():
            equal((notification.channel, notification.payload), ("psycopg3_channel", "hello"))
            break
        listener.execute("UNLISTEN *")


@check
def nested_transactions_roll_back_alone():
    with connect() as connection:
        connection.execute("CREATE TEMP TABLE nested (i int)")
        with connection.transaction():
            connection.execute("INSERT INTO nested VALUES (1)")
            try:
                with connection.transaction():
                    connection.execute("INSERT INTO nested VALUES (2)")
                    connection.execute("SELECT 1/0")
            except errors.DivisionByZero:
                pass
        equal(connection.execute("SELECT array_agg(i) FROM nested").fetchone(), ([1],))


main("psycopg3")
