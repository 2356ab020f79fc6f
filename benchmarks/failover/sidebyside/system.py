"""What every measured system offers to a round, and what they have in common."""

import http.client
import json
import os
import random
import signal
from collections import namedtuple

from sidebyside import processes
from sidebyside.probe import Balancer, Watch

REQUEST_TIMEOUT = 3.0

# `api` and `database` are (host, port).
Node = namedtuple("Node", "name directory api database")
# What a fault hit: `pids` looks for its processes now.
Victim = namedtuple("Victim", "node pids")


class System:
    """A cluster of three nodes. Subclasses set `nodes`, `login` and the access in `start`."""

    label = ""
    #: Seconds over which the moment of a fault is spread, so that it falls anywhere in the system's own period.
    period = 1.0

    def __init__(self, mode):
        self.mode = mode
        self.nodes, self.login = [], None
        self.facts = {}
        self.directory = None

    def start(self):
        raise NotImplementedError

    def stop(self):
        raise NotImplementedError

    def access(self):
        """A new access for one probe."""
        return Watch(self.nodes)

    def primary(self):
        """The node that is primary now, None when nobody says so."""
        raise NotImplementedError

    def problems(self):
        """What is not as it should be, in words; empty when every node is healthy."""
        raise NotImplementedError

    def epoch(self):
        """A number that rises with every change of primary, None when not known."""
        raise NotImplementedError

    def raft_leader(self):
        """The name of the node that holds the Raft leader, None where the nodes hold none."""
        return None

    def node_pids(self, node):
        """Everything that runs for a node."""
        raise NotImplementedError

    def server_pids(self, node):
        return processes.servers_below(node.directory)

    def replica_to_lose(self, primary):
        return random.choice([node for node in self.nodes if node.name != primary.name])

    def prepare_restart(self, node):
        """Notes what a later `restart` needs while the node still runs."""

    def restart(self, node):
        """Starts a node's supervisor again, as an init system would."""
        raise NotImplementedError

    def switchover(self, primary):
        """Asks for a planned change of primary; may take until it is done."""
        raise NotImplementedError

    def hang(self, node):
        processes.repeat(lambda: self.node_pids(node), signal.SIGSTOP)

    def resume(self, node):
        processes.send(self.node_pids(node), signal.SIGCONT)

    def logs(self):
        """Files worth keeping when something went wrong."""
        return []


def ask(address, method, path, body=None, timeout=REQUEST_TIMEOUT):
    """(status, JSON) of one request; raises OSError when nobody answers."""
    connection = http.client.HTTPConnection(*address, timeout=timeout)
    try:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read()
    except http.client.HTTPException as garbled:
        raise OSError(f"{address}: {garbled!r}") from garbled
    finally:
        connection.close()
    try:
        return answer.status, json.loads(text)
    except ValueError:
        return answer.status, text.decode(errors="replace")


class HaProxy:
    """HAProxy in front of the nodes, checking `/primary`. One process in the foreground."""

    #: As the configuration that Patroni ships has it, and as fast as a check can reasonably be made.
    CHECKS = {
        "default": ("inter 3s fall 3 rise 2", "5s"),
        "fast": ("inter 200ms fastinter 100ms downinter 100ms fall 2 rise 1", "1s"),
    }

    def __init__(self, nodes, directory, speed):
        self._nodes, self._directory, self._speed = nodes, directory, speed
        self._process = None
        self.address = None

    @staticmethod
    def binary():
        return processes.find_program("haproxy")

    def start(self):
        port = processes.free_ports(1)[0]
        check, timeout = self.CHECKS[self._speed]
        lines = [
            "global",
            "    maxconn 200",
            "defaults",
            "    mode tcp",
            "    retries 2",
            "    timeout client 30m",
            "    timeout server 30m",
            "    timeout connect 4s",
            f"    timeout check {timeout}",
            "listen primary",
            f"    bind 127.0.0.1:{port}",
            "    option httpchk GET /primary",
            "    http-check expect status 200",
            f"    default-server {check} on-marked-down shutdown-sessions",
        ]
        for node in self._nodes:
            host, database = node.database
            lines.append(f"    server {node.name} {host}:{database} maxconn 100 check port {node.api[1]}")
        config = os.path.join(self._directory, "haproxy.cfg")
        with open(config, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        self.address = ("127.0.0.1", port)
        self._process = processes.spawn(
            [self.binary(), "-db", "-f", config],
            os.path.join(self._directory, "haproxy.log"),
            self._directory,
            user=processes.server_user(),
        )

    def access(self):
        return Balancer(self.address)

    def stop(self):
        if self._process:
            processes.end(self._process)
