"""What one idle client costs: growth of a fresh proxy's memory after each of many clients asked one query."""

import json
import os
import subprocess
import sys
import time

from routers import common
from sidebyside.processes import Unavailable

PROGRAM = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "idle-clients")
SETTLING = 3.0
LEAVING = 30.0


class Clients:
    """A process that holds the clients; they end with it."""

    def __init__(self, server, system, count):
        command = [sys.executable, PROGRAM, "--address", "{}:{}".format(*system.address), "--clients", str(count), "--passing", str(system.passing)]
        command += ["--user", common.ROLE, "--database", common.DATABASE, "--passfile", server.passfile]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._process.stdin.close()
            self._process.wait(LEAVING)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            pass
        finally:
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            self._process.stdout.close()

    def told(self):
        """Its next word; Unavailable when that is a complaint."""
        line = self._process.stdout.readline()
        word = json.loads(line) if line else {"problem": "the process that holds the clients ended without a word"}
        if "problem" in word:
            raise Unavailable(word["problem"])
        return word

    def open_all(self):
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self.told()


def measure(server, system, count):
    """Growth in a proxy that was not used before but by the clients that come and go first."""
    with Clients(server, system, count) as clients:
        clients.told()
        time.sleep(SETTLING)
        before = system.memory()
        told = clients.open_all()
        time.sleep(SETTLING)
        after = system.memory()
        counted = server.ask(f"select count(*) from pg_catalog.pg_stat_activity where usename = '{common.ROLE}'")[0][0]
    return {
        "clients": count,
        "passedBefore": system.passing,
        "openingSeconds": told["seconds"],
        "serverConnections": int(counted),
        "before": before,
        "after": after,
        "rssBytesPerClient": round((after["rssBytes"] - before["rssBytes"]) / count),
        "pssBytesPerClient": round((after["pssBytes"] - before["pssBytes"]) / count),
    }
