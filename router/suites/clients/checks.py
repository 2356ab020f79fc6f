"""What the client scripts in Python share: checks by name, each with a time limit, and their outcome as "client#check passed".

The server or router is named by PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE; PGSSLROOTCERT is its certificate.
"""

import os
import signal
import subprocess
import sys
import time
import traceback

LIMIT_SECONDS = 60
_CHECKS = []


def check(function):
    _CHECKS.append(function)
    return function


def equal(found, expected):
    if found != expected:
        raise AssertionError(f"expected {expected!r}, found {found!r}")


def contains(found, expected):
    if expected not in found:
        raise AssertionError(f"expected something with {expected!r}, found {found!r}")


def until(condition, seconds=20):
    """Waits for a state of the server that nothing else announces."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {condition.__doc__ or condition}")
        time.sleep(0.02)


def scalar(statement):
    """Asks by a psql of its own."""
    run = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement], capture_output=True, text=True, timeout=30)
    if run.returncode:
        raise AssertionError(run.stderr)
    return run.stdout.strip()


def running(marker):
    """Whether a statement with the marker is being run."""
    return scalar(f"SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%{marker}%' AND pid <> pg_backend_pid()") == "1"


def _expired(signum, frame):
    raise TimeoutError(f"not done in {LIMIT_SECONDS} s")


def main(client):
    signal.signal(signal.SIGALRM, _expired)
    for function in _CHECKS:
        started = time.monotonic()
        signal.alarm(LIMIT_SECONDS)
        try:
            function()
            outcome = "passed"
        except BaseException as failure:
            if isinstance(failure, KeyboardInterrupt):
                raise
            traceback.print_exc(file=sys.stderr)
            outcome = "failed"
        finally:
            signal.alarm(0)
        print(f"{client}#{function.__name__} {outcome}", flush=True)
        print(f"time: {time.monotonic() - started:.1f} {client}#{function.__name__}", file=sys.stderr, flush=True)


def parameters():
    return {
        "host": os.environ["PGHOST"],
        "port": os.environ["PGPORT"],
        "user": os.environ["PGUSER"],
        "password": os.environ["PGPASSWORD"],
        "dbname": os.environ["PGDATABASE"],
    }
