package io.understudy.coordination.ratis;

import io.understudy.coordination.ratis.Envelope.Outcome;
import io.understudy.coordination.ratis.ReplicatedMachine.Heard;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the machine under one lock, whichever thread of Ratis comes along, and tells it who leads.
 *
 * <p>Inside the lock nothing of Ratis is called but getters that take no lock themselves: Ratis calls in here while it
 * holds its own.
 */
final class MachineHost {
    private static final Logger log = LoggerFactory.getLogger(MachineHost.class);

    private final ReplicatedMachine machine;
    private final RaftLimits limits;
    private final Supplier<Leadership> leadershipNow;
    private final ReentrantLock lock = new ReentrantLock(true);
    private Leadership announced = new Leadership.Leaderless(0);

    MachineHost(ReplicatedMachine machine, RaftLimits limits, Supplier<Leadership> leadershipNow) {
        this.machine = machine;
        this.limits = limits;
        this.leadershipNow = leadershipNow;
    }

    /** Applies a proposal's envelope as an entry of {@code term}; the answer's envelope. */
    byte[] apply(long term, byte[] envelope) {
        lock.lock();
        try {
            long meant = Envelope.proposalTerm(envelope);
            if (meant != Envelope.ANY_TERM && meant != term) {
                return Envelope.answer(Outcome.OTHER_TERM, "proposed for term " + meant + ", appended in term " + term);
            }
            return bounded(machine.apply(term, Envelope.proposalBody(envelope)));
        } catch (RuntimeException refusal) {
            return refused(refusal);
        } finally {
            lock.unlock();
        }
    }

    /** Hears a query while leading {@code term}; its answer, asked for once a majority confirmed that, is an envelope. */
    Heard hear(long term, byte[] request) {
        lock.lock();
        try {
            announceChange();
            if (!leads(term)) {
                return Heard.urgent(() -> notLeading(term));
            }
            Heard heard = machine.hear(request);
            return new Heard(() -> answer(term, heard.answer()), heard.patient());
        } catch (RuntimeException refusal) {
            return Heard.urgent(() -> refused(refusal));
        } finally {
            lock.unlock();
        }
    }

    private byte[] answer(long term, Supplier<byte[]> answer) {
        lock.lock();
        try {
            announceChange();
            return leads(term) ? bounded(answer.get()) : notLeading(term);
        } catch (RuntimeException refusal) {
            return refused(refusal);
        } finally {
            lock.unlock();
        }
    }

    private boolean leads(long term) {
        return announced instanceof Leadership.Leading leading && leading.term() == term;
    }

    private byte[] notLeading(long term) {
        return Envelope.answer(Outcome.NOT_LEADING, "was leading in term " + term + ", now " + announced);
    }

    /** Another peer's message. */
    void told(byte[] message) {
        lock.lock();
        try {
            machine.told(message);
        } catch (RuntimeException refusal) {
            log.warn("A message of {} bytes from another peer was not understood", message.length, refusal);
        } finally {
            lock.unlock();
        }
    }

    byte[] snapshot() {
        lock.lock();
        try {
            return machine.snapshot();
        } finally {
            lock.unlock();
        }
    }

    void restore(byte[] snapshot) {
        lock.lock();
        try {
            machine.restore(snapshot);
        } finally {
            lock.unlock();
        }
    }

    /** Tells the machine who leads, if that changed. */
    void announce() {
        lock.lock();
        try {
            announceChange();
        } finally {
            lock.unlock();
        }
    }

    private void announceChange() {
        Leadership now = leadershipNow.get();
        if (now.equals(announced)) {
            return;
        }
        log.info("Raft leadership: {} (was {})", now, announced);
        announced = now;
        machine.leadership(now);
    }

    private byte[] bounded(byte[] answer) {
        if (answer.length > limits.answerBytes()) {
            return Envelope.answer(
                    Outcome.TOO_LARGE,
                    "the answer has " + answer.length + " bytes, expected at most " + limits.answerBytes()
                            + "; what was asked was done");
        }
        return Envelope.answer(Outcome.DONE, answer);
    }

    private static byte[] refused(RuntimeException refusal) {
        String words = refusal.getMessage();
        return Envelope.answer(
                Outcome.REFUSED, words == null ? refusal.getClass().getName() : words);
    }
}
