"""One scratch PostgreSQL that everything is in front of."""

import base64
import glob
import hashlib
import hmac
import os
import re
import secrets
import signal
import subprocess

from routers import common
from sidebyside import processes, wire
from sidebyside.processes import Unavailable

OWNER = "postgres"
LOOKUP = "router_lookup"
#: Of SCRAM, for each role of clients; the first is what PostgreSQL chooses itself.
ITERATIONS = {common.ROLE: 4096, common.LIGHT_ROLE: 1}
INITIALISING = 600.0
SETTINGS = {
    "listen_addresses": f"'{common.HOST}'",
    "unix_socket_directories": "''",
    "password_encryption": "'scram-sha-256'",
    "shared_buffers": "'256MB'",
    "max_wal_size": "'4GB'",  # no checkpoint by size during a measurement; one is made before those that write
    "logging_collector": "off",
}
HBA = f"host all all {common.HOST}/32 scram-sha-256\n"


def binaries():
    """The directory of the newest installed server that has pgbench."""
    folders = glob.glob("/usr/lib/postgresql/*/bin") + glob.glob("/usr/pgsql-*/bin")
    wanted = ("postgres", "initdb", "pgbench")
    found = [folder for folder in folders if all(os.path.exists(os.path.join(folder, name)) for name in wanted)]
    if not found:
        raise Unavailable("no PostgreSQL with initdb and pgbench below /usr/lib/postgresql or /usr/pgsql-*: apt-get install -y postgresql")
    return max(found, key=lambda folder: int(re.findall(r"\d+", folder)[0]))


def verifier(password, iterations):
    """What a server keeps of a password (RFC 5803's text as PostgreSQL writes it); made here, because it alone sets the iterations."""
    salt = os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    stored = hashlib.sha256(hmac.new(salted, b"Client Key", hashlib.sha256).digest()).digest()
    told = [base64.b64encode(part).decode() for part in (salt, stored, hmac.new(salted, b"Server Key", hashlib.sha256).digest())]
    return f"SCRAM-SHA-256${iterations}:{told[0]}${told[1]}:{told[2]}"


class Server:
    """Initialised, started, filled by `pgbench -i`; log-ins by SCRAM-SHA-256 only."""

    def __init__(self, work, scale, connections):
        self.work_path = work.path
        self._work, self._scale = work, scale
        self._bin = binaries()
        self.address = (common.HOST, processes.free_ports(1)[0])
        self.connections = connections
        self.process = None
        self.password = secrets.token_hex(16)
        # PgBouncer passes a log-in through where its file holds the same text as the server.
        self.verifiers = {role: verifier(self.password, iterations) for role, iterations in ITERATIONS.items()}
        self.lookup_password = secrets.token_hex(16)
        self._owner_password = secrets.token_hex(16)
        # A client's and not a server's: the one who measures reads it.
        self.passfile = os.path.join(work.path, "pgpass")

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process:
            common.end(self.process, signal.SIGINT)

    def program(self, name):
        return os.path.join(self._bin, name)

    def version(self):
        return processes.first_line([self.program("postgres"), "--version"])

    def settings(self):
        return {**{name: value.strip("'") for name, value in SETTINGS.items()}, "max_connections": self.connections}

    def environment(self):
        return {**os.environ, "PGPASSFILE": self.passfile, "PGCONNECT_TIMEOUT": "30", "LC_ALL": "C"}

    def ask(self, sql, database=common.DATABASE):
        """Rows of one query of the superuser."""
        client = wire.Connection(self.address, OWNER, self._owner_password, database, 10.0, 120.0)
        try:
            return client.query(sql)
        finally:
            client.close()

    def calm(self):
        """The same start for each measurement that writes."""
        self.ask("truncate pgbench_history")
        self.ask("checkpoint")

    def _start(self):
        home = self._work.directory("server")
        data, log = os.path.join(home, "data"), os.path.join(home, "log")
        secret = self._work.file(os.path.join(home, "owner"), self._owner_password + "\n")
        self._run_as_server(
            [self.program("initdb"), "-D", data, "-U", OWNER, "-A", "scram-sha-256", "--pwfile", secret, "-E", "UTF8", "--locale=C"], home
        )
        with open(os.path.join(data, "postgresql.conf"), "a", encoding="utf-8") as file:
            for name, value in {**SETTINGS, "port": self.address[1], "max_connections": self.connections}.items():
                file.write(f"{name} = {value}\n")
        with open(os.path.join(data, "pg_hba.conf"), "w", encoding="utf-8") as file:
            file.write(HBA)
        self.process = processes.spawn([self.program("postgres"), "-D", data], log, home, user=self._work.user)
        self._await_open(log)
        self._make_roles()
        with open(os.open(self.passfile, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            file.write("".join(f"{common.HOST}:*:*:{role}:{self.password}\n" for role in ITERATIONS))
        self._fill()

    def _await_open(self, log):
        def opened():
            try:
                return self.process.poll() is not None or bool(self.ask("select 1", "postgres"))
            except (wire.Broken, wire.ServerError):
                return False

        if not processes.wait_until(opened, common.OPENING) or self.process.poll() is not None:
            raise Unavailable(f"the scratch PostgreSQL did not open; {log}: {common.tail(log)}")

    def _make_roles(self):
        for role, text in self.verifiers.items():
            self.ask(f"create role {role} login password '{text}'", "postgres")
        self.ask(f"grant {common.ROLE} to {common.LIGHT_ROLE}", "postgres")
        self.ask(f"create database {common.DATABASE} owner {common.ROLE}", "postgres")
        # Reads verifiers, as a router's own log-in does; nothing else.
        self.ask(f"create role {LOOKUP} login password '{self.lookup_password}'", "postgres")
        for database in ("postgres", common.DATABASE):
            self.ask(f"grant select on pg_catalog.pg_authid, pg_catalog.pg_shadow to {LOOKUP}", database)

    def _fill(self):
        command = [self.program("pgbench"), "-i", "-q", "-s", str(self._scale), *self.client_options(self.address)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=INITIALISING, env=self.environment(), check=False)
        if done.returncode != 0:
            raise Unavailable(f"'{' '.join(command)}' ended with {done.returncode}: {done.stderr[-800:].strip()}")
        self.ask("vacuum analyze")

    @staticmethod
    def client_options(address, role=common.ROLE):
        return ["-h", address[0], "-p", str(address[1]), "-U", role, common.DATABASE]

    def _run_as_server(self, command, cwd):
        user = self._work.user
        extra = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        done = subprocess.run(command, capture_output=True, text=True, timeout=INITIALISING, cwd=cwd, check=False, **extra)
        if done.returncode != 0:
            raise Unavailable(f"'{' '.join(command)}' ended with {done.returncode}: {(done.stderr or done.stdout)[-800:].strip()}")
