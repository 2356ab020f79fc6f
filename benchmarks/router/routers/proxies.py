"""What is measured: nothing in between, PgBouncer, HAProxy, Pgpool-II. Each listens on a free port of loopback."""

import os
import re
import signal

from routers import common
from sidebyside import processes
from sidebyside.processes import Unavailable


class Proxy:
    """One process tree between clients and the server, for at most `clients` clients."""

    label = None
    #: Whether each idle client keeps a server connection of its own.
    holds_server_connections = False
    #: Clients that come and go before the memory of idle ones is measured, so that what is spent once is not counted.
    passing = 1000
    polite = signal.SIGTERM

    def __init__(self, work, server, clients):
        self.work, self.server, self.clients = work, server, clients
        self.address = (common.HOST, processes.free_ports(1)[0])
        self.process = None
        self.facts = {}
        self.log = None

    def __enter__(self):
        self.home = self.work.directory(f"{self.label}-{self.address[1]}")
        self.log = os.path.join(self.home, "log")
        try:
            self.process = self.start()
            common.await_login(self.process, self.address, self.server.password, self.log)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process:
            common.end(self.process, self.polite)

    @classmethod
    def requirements(cls, _chosen):
        """Raises Unavailable, naming what is missing and how to install it."""

    def start(self):
        """Starts the process and returns it; puts what a reader must know into `facts`."""
        raise NotImplementedError

    def cpu_seconds(self):
        return common.cpu_seconds(self.process.pid)

    def memory(self):
        return common.memory_bytes(self.process.pid)

    def path(self, name):
        return os.path.join(self.home, name)

    def write(self, name, text):
        return self.work.file(self.path(name), text)

    def spawn(self, command):
        return processes.spawn(command, self.log, self.home, user=self.work.user)


class Direct(Proxy):
    """Clients connect to the server."""

    label = "direct"

    def __enter__(self):
        self.address = self.server.address
        return self

    def cpu_seconds(self):
        return 0.0


class Installed(Proxy):
    """A program of the distribution."""

    program = None
    package = None

    @classmethod
    def requirements(cls, _chosen):
        if not processes.find_program(cls.program):
            raise Unavailable(f"'{cls.program}' is not installed: apt-get install -y {cls.package}, and stop what the package started")

    @classmethod
    def version(cls):
        return processes.first_line([processes.find_program(cls.program), cls.version_option])

    version_option = "--version"


class PgBouncer(Installed):
    """Transaction pooling; SCRAM passed through, because its file holds the server's own verifier and no password."""

    label, program, package = "pgbouncer", "pgbouncer", "pgbouncer"
    polite = signal.SIGINT

    def start(self):
        version = self.version()
        users = self.write("users", "".join(f'"{role}" "{text}"\n' for role, text in self.server.verifiers.items()))
        settings = {
            "listen_addr": self.address[0],
            "listen_port": self.address[1],
            "unix_socket_dir": "",
            "auth_type": "scram-sha-256",
            "auth_file": users,
            "pool_mode": "transaction",
            "default_pool_size": common.POOL_SIZE,
            "max_client_conn": self.clients,
            "log_connections": 0,
            "log_disconnections": 0,
        }
        major, minor = (int(number) for number in re.findall(r"\d+", version)[:2])
        if (major, minor) >= (1, 21):
            settings["max_prepared_statements"] = 200
        self.facts = {"version": version, "settings": {name: value for name, value in settings.items() if name != "auth_file"}}
        target = f"host={self.server.address[0]} port={self.server.address[1]} dbname={common.DATABASE}"
        lines = [f"{name} = {value}" for name, value in settings.items()]
        text = "\n".join(["[databases]", f"{common.DATABASE} = {target}", "[pgbouncer]", *lines]) + "\n"
        return self.spawn([processes.find_program(self.program), self.write("pgbouncer.ini", text)])


class HaProxy(Installed):
    """TCP mode: bytes are copied, so every client has a server connection; nothing is pooled."""

    label, program, package, version_option = "haproxy", "haproxy", "haproxy", "-v"
    holds_server_connections = True

    def start(self):
        self.facts = {"version": self.version(), "settings": {"mode": "tcp", "nbthread": "its default", "maxconn": self.clients}}
        text = f"""global
    maxconn {self.clients}
defaults
    mode tcp
    timeout connect 10s
    timeout client 1h
    timeout server 1h
listen bench
    bind {self.address[0]}:{self.address[1]}
    maxconn {self.clients}
    server primary {self.server.address[0]}:{self.server.address[1]}
"""
        return self.spawn([processes.find_program(self.program), "-db", "-f", self.write("haproxy.cfg", text)])


class Pgpool(Installed):
    """Its own pooling: a process for each client, which keeps its server connection."""

    label, program, package = "pgpool", "pgpool", "pgpool2"
    holds_server_connections = True
    # Each of its processes serves one client: what the first one costs there is what a client costs.
    passing = 0
    polite = signal.SIGINT

    def start(self):
        pcp = processes.free_ports(1)[0]
        # The password itself: with SCRAM Pgpool-II must know it, as text or encrypted with a key that lies beside it.
        users = self.write("pool_passwd", "".join(f"{role}:TEXT{self.server.password}\n" for role in self.server.verifiers))
        hba = self.write("pool_hba.conf", f"host all all {common.HOST}/32 scram-sha-256\n")
        settings = {
            "backend_clustering_mode": "'streaming_replication'",
            "listen_addresses": f"'{self.address[0]}'",
            "port": self.address[1],
            "pcp_listen_addresses": f"'{self.address[0]}'",
            "pcp_port": pcp,
            "unix_socket_directories": f"'{self.home}'",
            "pcp_socket_dir": f"'{self.home}'",
            "wd_ipc_socket_dir": f"'{self.home}'",
            "pid_file_name": f"'{self.path('pid')}'",
            "logdir": f"'{self.home}'",
            "backend_hostname0": f"'{self.server.address[0]}'",
            "backend_port0": self.server.address[1],
            "backend_weight0": 1,
            "backend_flag0": "'ALWAYS_PRIMARY'",
            "enable_pool_hba": "on",
            "pool_passwd": f"'{users}'",
            "num_init_children": self.clients,
            "max_pool": 1,
            "connection_cache": "on",
            "load_balance_mode": "off",
            "sr_check_period": 0,
            "health_check_period": 0,
        }
        shown = ("backend_clustering_mode", "num_init_children", "max_pool", "connection_cache", "load_balance_mode")
        self.facts = {"version": self.version(), "settings": {name: str(settings[name]).strip("'") for name in shown}}
        conf = self.write("pgpool.conf", "".join(f"{name} = {value}\n" for name, value in settings.items()))
        pcp_users = self.write("pcp.conf", "")
        return self.spawn([processes.find_program(self.program), "-n", "-D", "-f", conf, "-a", hba, "-F", pcp_users])
