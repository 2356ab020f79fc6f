"""What the proxies and the server have in common: directories, starting, ending, and what a process tree used."""

import os
import resource
import shutil
import signal
import subprocess
import tempfile
import time

from sidebyside import processes, wire
from sidebyside.processes import Unavailable

HOST = "127.0.0.1"
ROLE = "bench"
LIGHT_ROLE = "bench_light"  # the same password, with one iteration
DATABASE = "bench"
POOL_SIZE = 8
OPENING = 60.0
ENDING = 20.0
LOGIN_PATIENCE = 15.0
TICKS = os.sysconf("SC_CLK_TCK")
FILES_WANTED = 65536


class Work:
    """One temporary directory; everything in it belongs to whom the servers run as."""

    def __init__(self, parent):
        self.user = processes.server_user()
        self.path = os.path.realpath(tempfile.mkdtemp(prefix="router-bench-", dir=parent))
        os.chmod(self.path, 0o755)

    def directory(self, name):
        path = os.path.join(self.path, name)
        os.mkdir(path, 0o700)
        self._give(path)
        return path

    def file(self, path, text):
        """A file that only the servers' user (and root) can read."""
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        self._give(path)
        return path

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)

    def _give(self, path):
        if self.user:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)


def raise_file_limit():
    """Thousands of clients need a descriptor each, here and in the proxies; returns what is permitted."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if os.geteuid() == 0 and hard != resource.RLIM_INFINITY and hard < FILES_WANTED:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (FILES_WANTED, FILES_WANTED))
            return FILES_WANTED
        except (ValueError, OSError):
            pass  # root of a container may not: what is permitted must do
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def end(process, polite=signal.SIGTERM, patience=ENDING):
    """Asks one started process to end, then kills its process group, which is its own."""
    try:
        if process.poll() is None:
            process.send_signal(polite)
            process.wait(patience)
    except subprocess.TimeoutExpired:
        pass
    finally:
        # Also when this was interrupted.
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def await_login(process, address, password, log):
    """Returns once a client can log in and ask something; Unavailable, with the log's end, when that takes too long."""
    deadline = time.monotonic() + OPENING
    problem = "it was not asked"
    while time.monotonic() < deadline and process.poll() is None:
        try:
            client = wire.Connection(address, ROLE, password, DATABASE, LOGIN_PATIENCE, LOGIN_PATIENCE)
            try:
                if client.query("select 1") == [["1"]]:
                    return
            finally:
                client.close()
        except (wire.Broken, wire.ServerError) as refused:
            problem = str(refused)
        time.sleep(0.1)
    state = f"within {OPENING:.0f} s" if process.poll() is None else f"before the process ended with {process.returncode}"
    raise Unavailable(f"no log-in at {address[0]}:{address[1]} {state} ({problem}); {os.path.basename(log)}: {tail(log)}")


def tail(path, characters=1500):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()[-characters:].strip() or "(empty)"
    except OSError as unreadable:
        return f"({unreadable})"


def _stat(pid):
    """Fields of /proc/PID/stat from the third on; None when the process is gone."""
    stat = processes.read(pid, "stat")
    return stat.rpartition(b")")[2].split() if stat else None


def tree(root):
    """A process and all its descendants."""
    children = {}
    for pid in processes.all_pids():
        stat = _stat(pid)
        if stat:
            children.setdefault(int(stat[1]), []).append(pid)
    found = [root]
    for pid in found:
        found.extend(children.get(pid, []))
    return found


def cpu_seconds(root):
    """User and system time of a tree, of children that ended and were waited for too."""
    stats = [_stat(pid) for pid in tree(root)]
    return sum(int(field) for stat in stats if stat for field in stat[11:15]) / TICKS


def memory_bytes(root):
    """Resident and proportional memory of a tree, and how many processes it has."""
    total = {"Rss": 0, "Pss": 0}
    pids = [pid for pid in tree(root) if not processes.is_zombie(pid)]
    for pid in pids:
        lines = processes.read(pid, "smaps_rollup").decode().splitlines()
        if not lines:
            raise Unavailable(f"/proc/{pid}/smaps_rollup cannot be read: the process is gone or somebody else's")
        for line in lines:
            name, _, value = line.partition(":")
            if name in total:
                total[name] += int(value.split()[0]) * 1024
    return {"rssBytes": total["Rss"], "pssBytes": total["Pss"], "processes": len(pids)}
