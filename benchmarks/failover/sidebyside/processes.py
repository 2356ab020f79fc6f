"""Processes, ports and directories. Only processes that this run started, or that those started, are ever signalled."""

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PORTS = range(15000, 32000)  # below the range from which the kernel takes ports of outgoing connections
MOST_TRIES = 2000
MOST_LOOKS = 20
SERVER_USERS = ("postgres", "nobody")


class Unavailable(Exception):
    """A system cannot be measured on this machine; the text says what to do about it."""


def free_ports(count):
    found = []
    for _ in range(MOST_TRIES):
        if len(found) == count:
            return found
        port = random.choice(PORTS)
        with socket.socket() as attempt:
            try:
                attempt.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    raise Unavailable(f"only {len(found)} of {count} free ports found on loopback: end what holds them")


def work_directory(name):
    """A fresh directory that other users can enter."""
    path = os.path.realpath(tempfile.mkdtemp(prefix=f"failover-{name}-"))
    os.chmod(path, 0o755)
    return path


def remove(path):
    shutil.rmtree(path, ignore_errors=True)


def server_user():
    """Whom servers run as that refuse to run as root; None when this is not root."""
    if os.geteuid() != 0:
        return None
    for name in SERVER_USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Unavailable(f"this runs as root and none of the users {SERVER_USERS} exists to run servers as")


def spawn(command, log, cwd, env=None, user=None):
    """Starts a process of its own session that writes to `log`."""
    with open(log, "ab") as out:
        if user:
            os.chown(log, user.pw_uid, user.pw_gid)
        extra = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=cwd, env=env, start_new_session=True, **extra
        )


def all_pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def read(pid, name):
    """Bytes of a file of /proc/PID; empty when the process is gone or somebody else's."""
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read()
    except OSError:
        return b""


def is_zombie(pid):
    stat = read(pid, "stat")
    return not stat or stat.rpartition(b")")[2].split()[0] in (b"Z", b"X")


def servers_below(directory):
    """Database processes at work inside `directory`, first processes before their children."""
    first, children = [], []
    for pid in all_pids():
        if read(pid, "comm").strip() != b"postgres":
            continue
        try:
            inside = os.readlink(f"/proc/{pid}/cwd")
        except OSError:
            continue
        if inside == directory or inside.startswith(directory + "/"):
            (children if read(pid, "cmdline").startswith(b"postgres:") else first).append(pid)
    return first + children


def marked(variable, value):
    """Processes whose environment holds `variable=value`."""
    wanted = b"\0" + f"{variable}={value}".encode() + b"\0"
    return [pid for pid in all_pids() if pid != os.getpid() and wanted in b"\0" + read(pid, "environ") + b"\0"]


def marked_below(variable, directory):
    """Processes whose environment holds a `variable` that names something below `directory`."""
    wanted = b"\0" + f"{variable}={directory}/".encode()
    return [pid for pid in all_pids() if pid != os.getpid() and wanted in b"\0" + read(pid, "environ")]


def send(pids, which):
    for pid in pids:
        try:
            os.kill(pid, which)
        except ProcessLookupError:
            pass


def repeat(look, which):
    """Signals until a look finds nobody new: a process may have been started during the look."""
    done = set()
    for _ in range(MOST_LOOKS):
        found = [pid for pid in look() if pid not in done]
        if not found:
            return
        send(found, which)
        done.update(found)


def kill_at_once(look):
    """All are stopped first, so that nobody notices another's end and acts on it; then killed."""
    repeat(look, signal.SIGSTOP)
    repeat(look, signal.SIGKILL)


def end(process, patience=30.0):
    """Asks one child to end, then insists. True when asking was enough."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return False
    return True


def wait_until(condition, patience, interval=0.02):
    """Whether `condition` came true in `patience` seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(interval)
    return True


def first_line(command):
    """The first line a command prints, None when it cannot be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    except OSError:
        return None
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[0] if lines else None


def find_program(name):
    """Its path, also where only root's search path would find it; None when it is not there."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin")
