"""pgbench: every mode, with one connection for all transactions and with one for each."""

import re
import subprocess

from checks import check, equal, main, scalar

CLIENTS = 4
TRANSACTIONS = 250


def pgbench(*options):
    run = subprocess.run(["pgbench", *options], capture_output=True, text=True, timeout=55)
    if run.returncode or "aborted" in run.stderr:
        raise AssertionError(run.stderr)
    return run.stdout


def bench(mode, transactions, *options):
    before = scalar("SELECT count(*), coalesce(sum(delta), 0) FROM pgbench_history")
    out = pgbench("-n", "-M", mode, "-c", str(CLIENTS), "-j", "2", "-t", str(transactions), *options)
    expected = CLIENTS * transactions
    equal(re.search(r"actually processed: (\d+)/(\d+)", out).groups(), (str(expected), str(expected)))
    equal(re.search(r"failed transactions: (\d+)", out).group(1), "0")
    return before


def writes(mode, transactions, *options):
    count = int(bench(mode, transactions, *options).split("|")[0])
    equal(int(scalar("SELECT count(*) FROM pgbench_history")), count + CLIENTS * transactions)
    # The invariant of the benchmark: all balances move together.
    equal(scalar("SELECT (SELECT sum(abalance) FROM pgbench_accounts) = (SELECT sum(bbalance) FROM pgbench_branches)"
                 " AND (SELECT sum(tbalance) FROM pgbench_tellers) = (SELECT sum(delta) FROM pgbench_history)"), "t")


@check
def initialising_works():
    pgbench("-i", "-q", "-s", "1")
    equal(scalar("SELECT count(*) FROM pgbench_accounts"), "100000")


@check
def simple_writes():
    writes("simple", TRANSACTIONS)


@check
def extended_writes():
    writes("extended", TRANSACTIONS)


@check
def prepared_writes():
    writes("prepared", TRANSACTIONS)


@check
def simple_reads():
    bench("simple", TRANSACTIONS * 4, "-S")


@check
def extended_reads():
    bench("extended", TRANSACTIONS * 4, "-S")


@check
def prepared_reads():
    bench("prepared", TRANSACTIONS * 4, "-S")


@check
def simple_writes_reconnecting():
    writes("simple", 50, "-C")


@check
def extended_writes_reconnecting():
    writes("extended", 50, "-C")


@check
def prepared_writes_reconnecting():
    writes("prepared", 50, "-C")


@check
def a_pipeline_of_prepared_statements():
    import tempfile
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write("\\startpipeline\nSELECT 1;\nUPDATE pgbench_branches SET bbalance = bbalance;\nSELECT 2;\n\\endpipeline\n")
        script.flush()
        for mode in ("extended", "prepared"):
            bench(mode, TRANSACTIONS, "-f", script.name)


@check
def more_clients_than_server_connections():
    out = pgbench("-n", "-S", "-M", "prepared", "-c", "60", "-j", "2", "-t", "50")
    equal(re.search(r"actually processed: (\d+)/", out).group(1), "3000")


main("pgbench")
