"""Three Patroni nodes, one etcd, one HAProxy, from the machine's packages, on loopback."""

import glob
import json
import os
import re

from sidebyside import processes
from sidebyside.probe import Login
from sidebyside.processes import Unavailable
from sidebyside.system import HaProxy, Node, System, ask

APT = "apt-get install -y patroni python3-etcd etcd-server haproxy postgresql"
NAMES = ("node-a", "node-b", "node-c")
FORMING = 120.0
ASKING = 60.0
SUPERUSER = "postgres"

# Seconds. The fastest are the lowest values that Patroni's documentation of the dynamic configuration permits (loop_wait 1,
# ttl 20, retry_timeout 3, with loop_wait + 2 x retry_timeout at most ttl). The start timeout keeps its default: with 0 a
# crashed server is not restarted in place first, and writes were out longer (8.0 s in one round, against 5.4 and 5.6 s, on a
# loaded machine).
SETTINGS = {
    "default": {"ttl": 30, "loop_wait": 10, "retry_timeout": 10},
    "fast": {"ttl": 20, "loop_wait": 1, "retry_timeout": 3},
}

# Strict: like Understudy, never acknowledge without a replica.
MODES = {
    "async": {"synchronous_mode": False},
    "semi-sync": {"synchronous_mode": True, "synchronous_mode_strict": True, "synchronous_node_count": 1},
    "sync": {"synchronous_mode": True, "synchronous_mode_strict": True, "synchronous_node_count": 2},
}


def postgres_binaries():
    """The newest installation that has what Patroni needs; None when there is none."""
    found = [
        folder
        for folder in glob.glob("/usr/lib/postgresql/*/bin") + glob.glob("/usr/pgsql-*/bin")
        if all(os.path.exists(os.path.join(folder, name)) for name in ("postgres", "pg_rewind", "pg_basebackup"))
    ]
    return max(found, key=lambda folder: int(re.findall(r"\d+", folder)[0]), default=None)


def requirements():
    """Raises Unavailable, naming what is missing and how to install it."""
    missing = [name for name in ("patroni", "etcd", "haproxy") if not processes.find_program(name)]
    if not postgres_binaries():
        missing.append("PostgreSQL's server programs")
    if missing:
        raise Unavailable(f"not installed: {', '.join(missing)}. On Debian: {APT}")
    processes.server_user()


class Patroni(System):
    """`speed` is a key of SETTINGS."""

    def __init__(self, mode, speed, balanced=True):
        super().__init__(mode)
        self.label = f"patroni-{speed}" + ("" if balanced else "-direct")
        self.period = float(SETTINGS[speed]["loop_wait"])
        self._speed, self._balanced = speed, balanced
        self._user = None
        self._processes = {}
        self._etcd = self._haproxy = None

    def start(self):
        requirements()
        self._user = processes.server_user()
        self.directory = processes.work_directory("patroni")
        if self._user:
            os.chown(self.directory, self._user.pw_uid, self._user.pw_gid)
        self.login = Login(SUPERUSER, "", "postgres")
        ports = processes.free_ports(2 * len(NAMES) + 2)
        self._start_etcd(ports[-2], ports[-1])
        for i, name in enumerate(NAMES):
            folder = os.path.join(self.directory, name)
            os.mkdir(folder, 0o755)
            if self._user:
                os.chown(folder, self._user.pw_uid, self._user.pw_gid)
            self.nodes.append(Node(name, folder, ("127.0.0.1", ports[2 * i]), ("127.0.0.1", ports[2 * i + 1])))
        for node in self.nodes:
            self._write_config(node, ports[-2])
            self.restart(node)
        self._haproxy = HaProxy(self.nodes, self.directory, self._speed)
        if self._balanced:
            self._haproxy.start()
        self.facts = {
            "patroni": processes.first_line([processes.find_program("patroni"), "--version"]),
            "etcd": processes.first_line([processes.find_program("etcd"), "--version"]) + ", one member",
            "haproxy": processes.first_line([HaProxy.binary(), "-v"]),
            "postgresql": processes.first_line([os.path.join(postgres_binaries(), "postgres"), "--version"]),
            "settings": {**SETTINGS[self._speed], **MODES[self.mode]},
            "checks": HaProxy.CHECKS[self._speed][0] if self._balanced else "none",
        }
        if not processes.wait_until(lambda: not self.problems(), FORMING, 0.2):
            raise Unavailable(f"the cluster did not form in {FORMING:.0f} s: {'; '.join(self.problems())}")

    def access(self):
        return self._haproxy.access() if self._balanced else super().access()

    def stop(self):
        for process in self._processes.values():
            if process.poll() is None:
                processes.send([process.pid], processes.signal.SIGCONT)
                process.terminate()
        for process in self._processes.values():
            processes.end(process)
        for node in self.nodes:
            processes.kill_at_once(lambda at=node: self.server_pids(at))
        if self._haproxy:
            self._haproxy.stop()
        if self._etcd:
            processes.end(self._etcd)
        if self.directory:
            processes.remove(self.directory)

    def _start_etcd(self, client, peer):
        data = os.path.join(self.directory, "etcd")
        self._etcd = processes.spawn(
            [
                processes.find_program("etcd"),
                "--name=one",
                f"--data-dir={data}",
                f"--listen-client-urls=http://127.0.0.1:{client}",
                f"--advertise-client-urls=http://127.0.0.1:{client}",
                f"--listen-peer-urls=http://127.0.0.1:{peer}",
                f"--initial-advertise-peer-urls=http://127.0.0.1:{peer}",
                f"--initial-cluster=one=http://127.0.0.1:{peer}",
            ],
            os.path.join(self.directory, "etcd.log"),
            self.directory,
            env={"PATH": "/usr/bin:/bin"},
            user=self._user,
        )

    def _write_config(self, node, etcd_port):
        hosts = "127.0.0.1/32"
        config = {
            "scope": "sidebyside",
            "name": node.name,
            "restapi": {"listen": "%s:%d" % node.api, "connect_address": "%s:%d" % node.api},
            "etcd3": {"host": f"127.0.0.1:{etcd_port}"},
            "bootstrap": {
                "dcs": {
                    **SETTINGS[self._speed],
                    **MODES[self.mode],
                    "maximum_lag_on_failover": 1048576,
                    "postgresql": {"use_pg_rewind": True, "use_slots": True},
                },
                "initdb": [{"encoding": "UTF8"}, {"auth": "trust"}],
                "pg_hba": [f"host all all {hosts} trust", f"host replication all {hosts} trust"],
            },
            "postgresql": {
                "listen": "%s:%d" % node.database,
                "connect_address": "%s:%d" % node.database,
                "data_dir": os.path.join(node.directory, "data"),
                "bin_dir": postgres_binaries(),
                "pgpass": os.path.join(node.directory, "pgpass"),
                "authentication": {
                    "superuser": {"username": SUPERUSER, "password": "none"},
                    "replication": {"username": "replicator", "password": "none"},
                },
                "parameters": {
                    "unix_socket_directories": "",
                    "shared_buffers": "32MB",
                    "synchronous_commit": "remote_apply" if self.mode == "sync" else "on",
                },
            },
            "tags": {},
        }
        with open(os.path.join(node.directory, "patroni.json"), "w", encoding="utf-8") as file:
            json.dump(config, file, indent=1)  # JSON is YAML

    def restart(self, node):
        self._processes[node.name] = processes.spawn(
            [processes.find_program("patroni"), os.path.join(node.directory, "patroni.json")],
            os.path.join(node.directory, "patroni.log"),
            node.directory,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": node.directory},
            user=self._user,
        )

    def _cluster(self):
        for node in self.nodes:
            try:
                status, answer = ask(node.api, "GET", "/cluster", timeout=1.0)
                if status == 200:
                    return answer
            except OSError:
                continue
        return None

    def primary(self):
        for node in self.nodes:
            try:
                if ask(node.api, "GET", "/primary", timeout=1.0)[0] == 200:
                    return node
            except OSError:
                continue
        return None

    def problems(self):
        cluster = self._cluster()
        if cluster is None:
            return ["nobody answers"]
        members = cluster.get("members", [])
        found = [] if len(members) == len(NAMES) else [f"{len(members)} members of {len(NAMES)}"]
        timelines = {member.get("timeline") for member in members}
        if len(timelines) != 1:
            found.append(f"timelines {timelines}")
        roles = [member["role"] for member in members]
        if roles.count("leader") != 1:
            found.append(f"roles {roles}")
        synchronous = roles.count("sync_standby")
        if synchronous != {"async": 0, "semi-sync": 1, "sync": 2}[self.mode]:
            found.append(f"{synchronous} synchronous standbys")
        for member in members:
            if member["state"] not in ("running", "streaming"):
                found.append(f"{member['name']} is {member['state']}")
            if member["role"] != "leader" and member.get("lag") != 0 and not str(member.get("lag")).isdigit():
                found.append(f"{member['name']} has lag {member.get('lag')}")
        for node in self.nodes:
            try:
                if ask(node.api, "GET", "/health", timeout=1.0)[0] != 200:
                    found.append(f"{node.name} is not healthy")
            except OSError:
                found.append(f"{node.name} does not answer")
        return found

    def epoch(self):
        timelines = [m.get("timeline") or 0 for m in (self._cluster() or {}).get("members", [])]
        return max(timelines, default=None)

    def node_pids(self, node):
        process = self._processes[node.name]
        own = [process.pid] if process.poll() is None else []
        return own + self.server_pids(node)

    def replica_to_lose(self, primary):
        """The one that commits wait for, when they wait for one."""
        for member in (self._cluster() or {}).get("members", []):
            if member["role"] == "sync_standby":
                return next(node for node in self.nodes if node.name == member["name"])
        return super().replica_to_lose(primary)

    def switchover(self, primary):
        status, answer = ask(primary.api, "POST", "/switchover", {"leader": primary.name}, timeout=ASKING)
        if status != 200:
            raise OSError(f"the switchover was refused with {status}: {answer}")

    def logs(self):
        return [os.path.join(node.directory, "patroni.log") for node in self.nodes]
