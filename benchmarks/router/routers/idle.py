"""What one idle client costs: growth of a fresh proxy's memory after each of many clients asked one query."""

import json
import os
import subprocess
import sys
import time

from routers import common

PROGRAM = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "idle-clients")
FIRST = 200
SETTLING = 3.0
LEAVING = 30.0


class Clients:
    """A process that holds the clients; they end with it."""

    def __init__(self, server, system, count):
        command = [sys.executable, PROGRAM, "--address", "{}:{}".format(*system.address), "--clients", str(count)]
        command += ["--user", common.ROLE, "--database", common.DATABASE, "--passfile", server.passfile]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        try:
            self._process.wait(LEAVING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def opened(self):
        line = self._process.stdout.readline()
        return json.loads(line) if line else {"problem": "the process that holds the clients ended without a word"}


def measure(server, system, count):
    """Some clients come and go first, so that what the first ones cost once is not counted."""
    with Clients(server, system, min(FIRST, count)) as first:
        told = first.opened()
    if "problem" in told:
        return told
    time.sleep(SETTLING)
    before = system.memory()
    with Clients(server, system, count) as clients:
        told = clients.opened()
        if "problem" in told:
            return told
        time.sleep(SETTLING)
        after = system.memory()
        counted = server.ask(f"select count(*) from pg_catalog.pg_stat_activity where usename = '{common.ROLE}'")[0][0]
    return {
        "clients": count,
        "openingSeconds": told["seconds"],
        "serverConnections": int(counted),
        "before": before,
        "after": after,
        "rssBytesPerClient": round((after["rssBytes"] - before["rssBytes"]) / count),
        "pssBytesPerClient": round((after["pssBytes"] - before["pssBytes"]) / count),
    }
