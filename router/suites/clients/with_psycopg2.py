"""psycopg2, of Debian's python3-psycopg2."""

import io
import select
import threading

import psycopg2
import psycopg2.extensions

from checks import check, contains, equal, main, parameters, running, until


def connect(**more):
    return psycopg2.connect(**{**parameters(), **more})


@check
def values_come_back():
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT %s::int, %s::text, %s::bytea, NULL", (7, "ä", b"\0\xff"))
        number, text, data, nothing = cursor.fetchone()
        equal((number, text, bytes(data), nothing), (7, "ä", b"\0\xff", None))


@check
def a_server_side_cursor_reads_in_portions():
    with connect() as connection, connection.cursor("portions") as cursor:
        cursor.itersize = 100
        cursor.execute("SELECT g FROM generate_series(1, 2500) g")
        equal(sum(row[0] for row in cursor), 2500 * 2501 // 2)


@check
def a_cursor_with_hold_outlives_its_transaction():
    connection = connect()
    cursor = connection.cursor("held", withhold=True)
    cursor.execute("SELECT g FROM generate_series(1, 10) g")
    connection.commit()
    equal(len(cursor.fetchall()), 10)
    cursor.close()
    connection.commit()
    connection.close()


@check
def prepared_in_sql():
    connection = connect()
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("PREPARE plus (int) AS SELECT $1 + 1")
        for i in range(20):
            cursor.execute("EXECUTE plus(%s)", (i,))
            equal(cursor.fetchone()[0], i + 1)
        cursor.execute("DEALLOCATE plus")
    connection.close()


@check
def copy_both_ways():
    connection = connect()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE copied (i int, t text)")
        text = "".join(f"{i}\tline {i}\n" for i in range(50000))
        cursor.copy_expert("COPY copied FROM STDIN", io.StringIO(text))
        out = io.StringIO()
        cursor.copy_expert("COPY copied TO STDOUT", out)
        equal(out.getvalue(), text)
    connection.close()


@check
def an_error_in_copy_is_told_and_rolled_back():
    connection = connect()
    with connection.cursor() as cursor:
        try:
            cursor.copy_expert("COPY pg_no_such_table FROM STDIN", io.StringIO("1\n"))
            raise AssertionError("no error")
        except psycopg2.errors.UndefinedTable:
            connection.rollback()
        cursor.execute("SELECT 1")
        equal(cursor.fetchone(), (1,))
    connection.close()


@check
def cancel_ends_the_running_statement_only():
    connection = connect()
    failures = []

    def sleep():
        with connection.cursor() as cursor:
            try:
                cursor.execute("SELECT pg_sleep(40) /* psycopg2_cancel */")
            except psycopg2.errors.QueryCanceled as canceled:
                failures.append(canceled.pgcode)
                connection.rollback()

    thread = threading.Thread(target=sleep)
    thread.start()
    until(lambda: running("psycopg2_cancel"))
    connection.cancel()
    thread.join(30)
    equal(failures, ["57014"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.2), 5")
        equal(cursor.fetchone()[1], 5)
    connection.close()


@check
def listen_hears_another_session():
    listener = connect()
    listener.autocommit = True
    with listener.cursor() as cursor:
        cursor.execute("LISTEN psycopg2_channel")
    sender = connect()
    sender.autocommit = True
    with sender.cursor() as cursor:
        cursor.execute("NOTIFY psycopg2_channel, 'hello'")
    # The listener says nothing: the notification must come by itself.
    equal(select.select([listener], [], [], 20)[0], [listener])
    listener.poll()
    equal([(n.channel, n.payload) for n in listener.notifies], [("psycopg2_channel", "hello")])
    with listener.cursor() as cursor:
        cursor.execute("UNLISTEN *")
    listener.close()
    sender.close()


@check
def notices_arrive():
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("DO $$ BEGIN RAISE NOTICE 'of interest'; END $$")
        contains("".join(connection.notices), "of interest")


@check
def large_objects_work():
    connection = connect()
    data = bytes(range(256)) * 2000
    big = connection.lobject(0, "wb")
    big.write(data)
    oid = big.oid
    connection.commit()
    equal(connection.lobject(oid, "rb").read(), data)
    connection.lobject(oid).unlink()
    connection.commit()
    connection.close()


@check
def two_phase_commit_works():
    connection = connect()
    xid = connection.xid(1, "suite", "psycopg2")
    connection.tpc_begin(xid)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()")
    connection.tpc_prepare()
    connection.tpc_rollback()
    connection.close()


@check
def session_settings_by_the_library_hold():
    connection = connect(options="-c statement_timeout=12345", application_name="psycopg2 of the suite")
    connection.set_session(isolation_level="SERIALIZABLE", readonly=True, autocommit=False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only'), current_setting('statement_timeout'), current_setting('application_name')")
        equal(cursor.fetchone(), ("serializable", "on", "12345ms", "psycopg2 of the suite"))
    connection.rollback()
    connection.set_client_encoding("LATIN1")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'ä'")
        equal(cursor.fetchone(), ("ä",))
    connection.close()


main("psycopg2")
