"""Three Understudy nodes as `understudy demo --keep` starts them, with the demonstration's own shop at rest."""

import os
import re
import subprocess
import threading
import time

from sidebyside import processes
from sidebyside.probe import Login
from sidebyside.processes import Unavailable
from sidebyside.system import HaProxy, Node, System, ask

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
PROGRAM = os.path.join(ROOT, "understudy")
BUILDING = 1200.0
FORMING = 240.0
HEARD_MILLIS = 3000
MARK = "UNDERSTUDY_DEMO_NODE"  # a variable that the demonstration gives to the agents and guards of a node
RUN_VERB = b"\0run\0--node-file\0"
MOST_LINES = 100_000

_AGENT = re.compile(r"^\s*(\S+) \((\w+)\)\s+agent http://([\d.]+):(\d+)\s+log (\S+)")
_LOGIN = re.compile(r"PGPASSWORD=(\S+) psql -h (\S+) -p (\d+) -U (\S+) (\S+)")


def build():
    """Builds if needed; returns the version."""
    if not os.path.exists(PROGRAM):
        raise Unavailable(f"there is no {PROGRAM}: run this from a source tree that has it")
    done = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, timeout=BUILDING, check=False)
    if done.returncode != 0:
        raise Unavailable(f"{PROGRAM} --version ended with {done.returncode}: {(done.stderr or done.stdout)[-800:].strip()}")
    return done.stdout.strip().splitlines()[0]


class Understudy(System):
    """Asked directly by default; `speed` puts HAProxy in front, as for Patroni."""

    period = 1.0

    def __init__(self, mode, speed=None):
        super().__init__(mode)
        self.label = "understudy" + (f"-haproxy-{speed}" if speed else "")
        self._speed = speed
        self._demo = self._reader = self._haproxy = None
        self._lines = []
        self._kept = threading.Event()
        self._first_order = None
        self._started = None
        self._commands = {}
        self._restarted = []

    def start(self):
        version = build()
        self.directory = processes.work_directory("understudy")
        environment = {**os.environ, "XDG_CACHE_HOME": os.path.join(self.directory, "cache"), "UNDERSTUDY_BUILD": "never"}
        os.mkdir(environment["XDG_CACHE_HOME"], 0o700)
        self._started = time.monotonic()
        self._demo = subprocess.Popen(
            [PROGRAM, "demo", "--keep", "--mode", self.mode, "--fault", "none", "--dir", os.path.join(self.directory, "demo")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env=environment,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self._await_kept():
            raise Unavailable("the demonstration did not form; its last words: " + " | ".join(self._lines[-12:]))
        if not processes.wait_until(lambda: not self.problems(), FORMING, 0.2):
            raise Unavailable("the nodes are not healthy: " + "; ".join(self.problems()))
        if self._speed:
            self._haproxy = HaProxy(self.nodes, self.directory, self._speed)
            self._haproxy.start()
        view = self._view() or {}
        self.facts = {
            "understudy": version,
            "settings": view.get("settings"),
            "firstAcknowledgedMillis": self._first_order,
            "access": f"haproxy, {HaProxy.CHECKS[self._speed][0]}" if self._speed else "direct, told by /v1/primary",
        }

    def _await_kept(self):
        deadline = time.monotonic() + FORMING
        while time.monotonic() < deadline and self._demo.poll() is None:
            if self._kept.wait(0.2):
                return True
        return self._kept.is_set()

    def _read(self):
        """Reads what the demonstration prints to its end, so that it never waits for a reader."""
        agent, staying = None, False
        for line in self._demo.stdout:
            if len(self._lines) < MOST_LINES:
                self._lines.append(line.rstrip())
            if self._first_order is None and "first order acknowledged" in line:
                self._first_order = round((time.monotonic() - self._started) * 1000)
            staying = staying or "stays up until" in line
            agent = (_AGENT.match(line) if staying else None) or agent
            login = _LOGIN.search(line) if staying else None
            if agent and login:
                name, _, host, port, log = agent.groups()
                password, at, database_port, user, database = login.groups()
                self.login = Login(user, password, database)
                self.nodes.append(Node(name, os.path.dirname(log), (host, int(port)), (at, int(database_port))))
                agent = None
            if staying and "./understudy status" in line:
                self._kept.set()

    def access(self):
        return self._haproxy.access() if self._haproxy else super().access()

    def stop(self):
        if self._demo:
            processes.send([self._demo.pid], processes.signal.SIGCONT)
            for node in self.nodes:
                self.resume(node)
            processes.end(self._demo, 60.0)
        if self._haproxy:
            self._haproxy.stop()
        if self.directory:
            left = [pid for pid in self._everything() if not processes.is_zombie(pid)]
            if left:
                print(f"understudy: the demonstration left processes behind, killing them: {left}", flush=True)
                processes.kill_at_once(self._everything)
        for process in self._restarted:
            process.wait()
        if self.directory:
            processes.remove(self.directory)

    def _everything(self):
        return processes.marked_below(MARK, self.directory) + processes.servers_below(self.directory)

    def quieten(self):
        """Holds the demonstration's own process still: it asks the agents often, and would be measured with them."""
        processes.send([self._demo.pid], processes.signal.SIGSTOP)

    def _view(self):
        """The Raft leader's view of the cluster, else anybody's."""
        best = None
        for node in self.nodes:
            try:
                status, view = ask(node.api, "GET", "/v1/cluster", timeout=1.0)
            except OSError:
                continue
            if status == 200 and (best is None or view.get("source") == "LEADER"):
                best = view
            if best and best.get("source") == "LEADER":
                return best
        return best

    def primary(self):
        for node in self.nodes:
            try:
                if ask(node.api, "GET", "/primary", timeout=1.0)[0] == 200:
                    return node
            except OSError:
                continue
        return None

    def epoch(self):
        return (self._view() or {}).get("epoch")

    def raft_leader(self):
        return (self._view() or {}).get("raftLeader")

    def problems(self):
        view = self._view()
        if view is None:
            return ["nobody answers"]
        found = []
        if view.get("source") != "LEADER":
            found.append("no Raft leader answers")
        if (view.get("tenure") or {}).get("phase") != "open":
            found.append("no primary is open to clients")
        if view.get("switchover"):
            found.append("a switchover is under way")
        in_sync = view.get("inSync") or {}
        members = len((in_sync.get("target") or {}).get("members", []))
        if in_sync.get("changing"):
            found.append("the in-sync set is changing")
        elif self.mode != "async" and members < len(self.nodes) - 1:
            found.append(f"{members} members are in sync")
        for node in view.get("nodes", []):
            heard = node.get("lastHeardMillis")
            if heard is None or heard > HEARD_MILLIS:
                found.append(f"{node['node']} is not heard")
            elif node.get("problem"):
                found.append(f"{node['node']}: {node['problem']}")
            elif node["role"] == "REPLICA" and not node.get("streaming"):
                found.append(f"{node['node']} does not stream")
            elif node["role"] not in ("PRIMARY", "REPLICA"):
                found.append(f"{node['node']} is {node['role']} (server {node.get('server')}, {node.get('doing')})")
        return found

    def node_pids(self, node):
        return list(dict.fromkeys(processes.marked(MARK, node.directory) + self.server_pids(node)))

    def agent_pid(self, node):
        found = [pid for pid in processes.marked(MARK, node.directory) if RUN_VERB in processes.read(pid, "cmdline")]
        return found[0] if found else None

    def guard_pids(self, node):
        """The other processes with the node's mark; a guard that lost the variable is not found, and missed aloud."""
        agent = self.agent_pid(node)
        servers = set(self.server_pids(node))
        return [pid for pid in processes.marked(MARK, node.directory) if pid != agent and pid not in servers]

    def prepare_restart(self, node):
        pid = self.agent_pid(node)
        if pid is None:
            raise Unavailable(f"{node.name} has no agent that could be started again")
        command = processes.read(pid, "cmdline").decode().rstrip("\0").split("\0")
        pairs = processes.read(pid, "environ").decode(errors="surrogateescape").split("\0")
        environment = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
        self._commands[node.name] = (command, environment, os.readlink(f"/proc/{pid}/cwd"))

    def restart(self, node):
        command, environment, cwd = self._commands[node.name]
        log = os.path.join(node.directory, "agent.log")
        self._restarted.append(processes.spawn(command, log, cwd, env=environment))

    def switchover(self, primary):
        other = next(node for node in self.nodes if node.name != primary.name)
        status, answer = ask(other.api, "POST", "/v1/switchover", {}, timeout=30.0)
        if status >= 300:
            raise OSError(f"the switchover was refused with {status}: {answer}")

    def logs(self):
        return [os.path.join(node.directory, "agent.log") for node in self.nodes]
