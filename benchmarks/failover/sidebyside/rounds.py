"""One round: insert, break, watch, mend, read back."""

import random
import signal
import threading
import time

from sidebyside import processes
from sidebyside.probe import CONNECTIONS, Probe, gaps, make_table
from sidebyside.processes import Unavailable

FAULTS = {
    "crash": "every process of the primary's server is killed",
    "host": "everything of the primary's node is killed at once",
    "hang": "everything of the primary's node is stopped, then resumed",
    "switchover": "a planned change of primary",
    "replica": "everything of a replica's node that commits wait for is killed at once",
}
STEADY_PATIENCE = 60.0
TAKEOVER_PATIENCE = 180.0
HEALING_PATIENCE = 120.0
AFTER = 2.0
UNDISTURBED = 1.5
REPLICA_AWAY = 5.0


class Failed(Exception):
    """The round could not be finished."""


class Bench:
    """A running system with a probe on it."""

    def __init__(self, system):
        self.system = system
        self.probe = None

    def __enter__(self):
        try:
            self.system.start()
            primary = self._primary().database
            make_table(self.system.login, primary)
            self.system.facts["server"] = self._version(primary)
            self.probe = Probe(self.system.login, self.system.access())
        except BaseException:
            self.system.stop()
            raise
        return self

    def __exit__(self, *_):
        try:
            if self.probe:
                self.probe.close()
        finally:
            self.system.stop()

    def _version(self, address):
        connection = self.system.login.at(address)
        try:
            return connection.query("show server_version")[0][0]
        finally:
            connection.close()

    def _primary(self):
        if not processes.wait_until(lambda: self.system.primary() is not None, STEADY_PATIENCE, 0.1):
            raise Unavailable("nobody is primary")
        return self.system.primary()

    def play(self, fault, hang_seconds):
        """A round's result as a dictionary, with a `problem` when not all nodes became healthy again; raises Failed when
        writes did not come back."""
        system, probe = self.system, self.probe
        if not processes.wait_until(lambda: not system.problems(), HEALING_PATIENCE, 0.2):
            raise Failed(f"not healthy before the fault: {'; '.join(system.problems())}")
        probe.begin()
        try:
            return self._play(fault, hang_seconds)
        finally:
            probe.pause()

    def _play(self, fault, hang_seconds):
        system, probe = self.system, self.probe
        if not processes.wait_until(probe.is_steady, STEADY_PATIENCE):
            raise Failed(f"the probe is not steady before the fault: {self._errors()}")
        primary, leader = self._primary(), system.raft_leader()
        victim = system.replica_to_lose(primary) if fault == "replica" else primary
        if fault in ("host", "replica"):
            system.prepare_restart(victim)
        epoch = system.epoch()
        # After the last question: answering takes time from the system that is being measured.
        time.sleep(2.0 + random.uniform(0.0, system.period))
        began = time.monotonic()
        repair = self._break(fault, victim, began, hang_seconds)
        done = time.monotonic()
        self._await_writes(fault, primary, done)
        time.sleep(AFTER)
        repaired = repair()
        healed = processes.wait_until(
            lambda: not system.problems() and probe.is_steady(), HEALING_PATIENCE, 0.1
        )
        end = time.monotonic()
        problems = [] if healed else system.problems()
        time.sleep(1.0)
        result = self._measured(began, repaired or end, end)
        probe.pause()
        new = self._primary()
        result.update(
            probe.verdict(new.database),
            oldPrimary=primary.name,
            newPrimary=new.name,
            epochs=[epoch, system.epoch()],
            raftLeader=leader,
            # The agent survives a crash of its server and a switchover: then no Raft leader is lost.
            raftLeaderLost=None if leader is None else fault in ("host", "hang", "replica") and leader == victim.name,
            breakMillis=round((done - began) * 1000, 1),
            healMillis=round((end - began) * 1000) if healed else None,
        )
        if not healed:
            result["problem"] = f"not healthy {HEALING_PATIENCE:.0f} s after the repair: {'; '.join(problems)}"
        return result

    def _break(self, fault, victim, began, hang_seconds):
        """Breaks; returns what mends it and tells when it did (None when nothing has to be mended)."""
        system = self.system
        if fault == "crash":
            processes.kill_at_once(lambda: system.server_pids(victim))
            return lambda: None
        if fault == "switchover":
            self._ask_switchover(victim)
            return lambda: None
        if fault == "hang":
            system.hang(victim)
            return lambda: self._mend(began + hang_seconds, lambda: system.resume(victim))
        processes.kill_at_once(lambda: system.node_pids(victim))
        return lambda: self._mend(began + REPLICA_AWAY, lambda: system.restart(victim))

    @staticmethod
    def _mend(not_before, how):
        time.sleep(max(0.0, not_before - time.monotonic()))
        repaired = time.monotonic()
        how()
        return repaired

    def _ask_switchover(self, primary):
        self._refused = None

        def ask():
            try:
                self.system.switchover(primary)
            except OSError as refused:
                self._refused = refused

        threading.Thread(target=ask, daemon=True).start()

    def _await_writes(self, fault, old, done):
        """Until writes are back for good, as far as can be told before the repair."""
        system, probe = self.system, self.probe

        def is_over():
            if fault == "switchover":
                if self._refused:
                    raise Failed(str(self._refused))
                # Who asks takes time from the system that is being measured: not while it is at it.
                if time.monotonic() < done + UNDISTURBED:
                    return False
                new = system.primary()
                return new is not None and new.name != old.name and probe.is_steady()
            if fault == "replica":
                return time.monotonic() > done + AFTER and probe.is_steady()
            return probe.all_answered_since(done) and probe.is_steady()

        if not processes.wait_until(is_over, TAKEOVER_PATIENCE, 0.05):
            raise Failed(f"writes did not come back in {TAKEOVER_PATIENCE:.0f} s: {self._errors()}")

    def _measured(self, fault, repaired, end):
        """Milliseconds; the outage of a fault without a repair is looked for until everything is healthy again."""
        each = [[round(pause * 1000, 1) for pause in gaps(list(w.times), fault, repaired, end)] for w in self.probe.workers]
        merged = sorted(moment for worker in self.probe.workers for moment in list(worker.times))
        return {
            "outageMillis": max(pause[1] for pause in each),
            "outageMillisByConnection": [pause[1] for pause in each],
            "outageMillisOfAllTogether": round(gaps(merged, fault, repaired, end)[1] * 1000, 1),
            "longestPauseBeforeMillis": max(pause[0] for pause in each),
            "longestPauseAfterRepairMillis": max(pause[2] for pause in each),
        }

    def _errors(self):
        met = {}
        for worker in self.probe.workers:
            met.update(worker.errors)
        return f"the probe met {sorted(met)[:5]}" if met else f"all {CONNECTIONS} connections met no error"


def interrupt_on_terminate():
    """SIGTERM unwinds like Ctrl-C, so that everything started is ended."""

    def raise_interrupt(*_):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, raise_interrupt)
