"""The probe: four connections, 200 inserts a second in all, watched from outside.

An insert's id is chosen before it is sent and never sent again. After an error another id is sent 50 ms later.
An insert counts as acknowledged when its answer came without an error and without a warning: a server that was told to
stop waiting for its replicas answers success with a warning, and that is no acknowledgement.
"""

import http.client
import json
import threading
import time

from sidebyside.wire import Broken, Connection, ServerError

CONNECTIONS = 4
RHYTHM = 0.020
RETRY = 0.050
LOGIN_TIMEOUT = 2.0
ANSWER_TIMEOUT = 10.0
TABLE = "failover_probe"
SCHEMA_PATIENCE = 30.0


class Login:
    """How to log in to whatever node."""

    def __init__(self, user, password, database):
        self.user, self.password, self.database = user, password, database

    def at(self, address):
        return Connection(address, self.user, self.password, self.database, LOGIN_TIMEOUT, ANSWER_TIMEOUT)


class Balancer:
    """Access through a load balancer: one address, always the same."""

    name = "haproxy"

    def __init__(self, address):
        self._address = address

    def address(self):
        return self._address

    def suspect(self):
        pass

    def subscribe(self, listener):
        pass

    def close(self):
        pass


class Watch:
    """Direct access: every node's agent tells when it is the primary (`/v1/primary`, a request that is answered when there is
    news), as a router is told, and clients are told at once. Of several that say yes the one that began last is believed; silence is no word against anybody."""

    name = "direct"
    BUSY, QUIET, SUSPICION, TIMEOUT = 0.050, 0.500, 10.0, 2.0

    def __init__(self, nodes):
        self._changed = threading.Condition()
        self._yes_since = {}
        self._yeses = 0
        self._believed = None
        self._suspected_until = 0.0
        self._listeners = []
        self._closed = False
        self._threads = [threading.Thread(target=self._ask, args=(node,), daemon=True) for node in nodes]
        for thread in self._threads:
            thread.start()

    def address(self):
        with self._changed:
            if self._believed is None:
                self._changed.wait(RETRY)
            return self._believed

    def suspect(self):
        with self._changed:
            news = time.monotonic() >= self._suspected_until
            self._suspected_until = time.monotonic() + self.SUSPICION
            if news:
                self._changed.notify_all()

    def subscribe(self, listener):
        self._listeners.append(listener)

    def close(self):
        self._closed = True
        with self._changed:
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(2 * self.TIMEOUT)

    def _ask(self, node):
        connection = http.client.HTTPConnection(*node.api, timeout=self.TIMEOUT)
        known = 0
        while not self._closed:
            try:
                connection.request("GET", f"/v1/primary?known={known}&seconds=1")
                answer = connection.getresponse()
                text = answer.read()
                if answer.status == 200:
                    known = json.loads(text).get("epoch") or 0
                    self._heard(node, known > 0)
                    continue
            except (OSError, http.client.HTTPException, ValueError):
                connection.close()
            with self._changed:
                hurry = self._believed is None or time.monotonic() < self._suspected_until
                self._changed.wait(self.BUSY if hurry else self.QUIET)
        connection.close()

    def _heard(self, node, yes):
        with self._changed:
            if not yes:
                self._yes_since.pop(node.database, None)
            elif node.database not in self._yes_since:
                self._yeses += 1
                self._yes_since[node.database] = self._yeses
            latest = max(self._yes_since, key=self._yes_since.get, default=None)
            if latest == self._believed:
                return
            self._believed = latest
            self._changed.notify_all()
        for listener in self._listeners:
            listener(latest)


class Worker:
    """One of the probe's connections."""

    def __init__(self, number, login, access):
        self.number = number
        self._login, self._access = login, access
        self._next_id = number
        self._connection = None
        self._at = None
        self._lock = threading.Lock()
        self._state = "paused"
        self.idle = threading.Event()
        self.idle.set()
        self.begin()
        access.subscribe(self._primary_is)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def begin(self):
        """Forgets the times and ids of the last round."""
        self.times, self.acknowledged, self.sent, self.errors = [], [], [], {}

    def become(self, state):
        self._state = state

    def abort(self):
        with self._lock:
            if self._connection:
                self._connection.abort()

    def join(self):
        self._thread.join(LOGIN_TIMEOUT + 1)

    def _primary_is(self, address):
        if address is not None and self._at not in (None, address):
            self.abort()

    def _run(self):
        due = time.monotonic()
        while self._state != "closed":
            if self._state == "paused":
                self._drop()
                self.idle.set()
                time.sleep(0.01)
                due = time.monotonic()
                continue
            self.idle.clear()
            self._await_address()
            answered = self._insert()
            now = time.monotonic()
            due = max(due + RHYTHM, now) if answered else now + RETRY
            time.sleep(max(0.0, due - now))
        self._drop()

    def _await_address(self):
        while self._state == "open" and self._connection is None and self._access.address() is None:
            pass

    def _insert(self):
        try:
            if self._connection is None and not self._open():
                return False
            number = self._next_id
            self._next_id += CONNECTIONS
            self.sent.append(number)
            self._connection.query(f"insert into {TABLE}(id) values ({number})")
            if self._connection.warned:
                return False
            self.times.append(time.monotonic())
            self.acknowledged.append(number)
            return True
        except (Broken, ServerError) as failed:
            text = str(failed)
            self.errors[text] = self.errors.get(text, 0) + 1
            self._access.suspect()
            self._drop()
            return False

    def _open(self):
        address = self._access.address()
        if address is None:
            return False
        self._at = address
        made = self._login.at(address)
        with self._lock:
            self._connection = made
        return True

    def _drop(self):
        with self._lock:
            if self._connection:
                self._connection.close()
            self._connection, self._at = None, None


class Probe:
    """All connections, and what became of every insert."""

    def __init__(self, login, access):
        self._login = login
        self.access = access
        self._all_acknowledged = set()
        self._known_lost, self._known_twice = set(), set()
        self.workers = [Worker(number, login, access) for number in range(CONNECTIONS)]

    def begin(self):
        for worker in self.workers:
            worker.begin()
            worker.become("open")

    def pause(self):
        for worker in self.workers:
            worker.become("paused")
        for worker in self.workers:
            if not worker.idle.wait(3.0):
                worker.abort()
                worker.idle.wait(ANSWER_TIMEOUT + LOGIN_TIMEOUT)

    def close(self):
        for worker in self.workers:
            worker.become("closed")
            worker.abort()
        self.access.close()
        for worker in self.workers:
            worker.join()

    def all_answered_since(self, moment):
        return all(worker.times and worker.times[-1] > moment for worker in self.workers)

    def is_steady(self):
        """Whether every connection had most of its answers in the last second."""
        since = time.monotonic() - 1.0
        return all(len(w.times) > 30 and w.times[-31] > since for w in self.workers)

    def verdict(self, address):
        """Compares what was acknowledged, in this round and in all before it, with what is there."""
        connection = self._login.at(address)
        try:
            rows = [int(row[0]) for row in connection.query(f"select id from {TABLE}")]
        finally:
            connection.close()
        present = set(rows)
        acknowledged, sent, errors = set(), set(), {}
        for worker in self.workers:
            acknowledged.update(worker.acknowledged)
            sent.update(worker.sent)
            for text, times in worker.errors.items():
                errors[text] = errors.get(text, 0) + times
        self._all_acknowledged |= acknowledged
        lost = self._all_acknowledged - present - self._known_lost
        twice = set()
        if len(rows) != len(present):
            seen = set()
            twice = {number for number in rows if number in seen or seen.add(number)} - self._known_twice
        self._known_lost |= lost
        self._known_twice |= twice
        unknown = sent - acknowledged
        return {
            "acknowledged": len(acknowledged),
            "lost": len(lost),
            "duplicated": len(twice),
            "unknown": len(unknown),
            "unknownPresent": len(unknown & present),
            "errors": errors,
        }


def make_table(login, address):
    """No unique index: a row that is there twice must be seen."""
    deadline = time.monotonic() + SCHEMA_PATIENCE
    while True:
        try:
            connection = login.at(address)
            try:
                connection.query(f"create table if not exists {TABLE}(id bigint not null, at timestamptz default now())")
                return
            finally:
                connection.close()
        except (Broken, ServerError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def gaps(times, fault, repaired, end):
    """Seconds: the longest pause before the fault, of those that ended after it and began before the repair, and of those
    that began after the repair. A connection that was never answered again is out until `end`."""
    before = during = after = 0.0
    for earlier, later in zip(times, times[1:] + [end]):
        pause = later - earlier
        if later < fault:
            before = max(before, pause)
        elif earlier < repaired:
            during = max(during, pause)
        else:
            after = max(after, pause)
    return before, during, after
