package io.understudy.agent;

import io.understudy.agent.api.Api;
import io.understudy.agent.api.ErrorView.Problem;
import io.understudy.agent.api.QuarantineView;
import io.understudy.agent.api.QuarantineView.Copy;
import io.understudy.agent.api.QuarantineView.Opened;
import io.understudy.core.cluster.Endpoint;
import io.understudy.core.cluster.NodeId;
import io.understudy.engines.Engine;
import io.understudy.engines.EngineException;
import io.understudy.engines.Quarantined;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/** The quarantine of this node, for operators. One change at a time; others are told to come again. */
final class QuarantineDesk {

    private final NodeId self;
    private final Engine engine;
    private final Events events;
    private final ReentrantLock changing = new ReentrantLock();
    private final Map<String, Endpoint> open = new ConcurrentHashMap<>();

    QuarantineDesk(NodeId self, Engine engine, Events events) {
        this.self = self;
        this.engine = engine;
        this.events = events;
    }

    QuarantineView list() {
        return new QuarantineView(
                Api.VERSION,
                self.name(),
                engine.quarantine().stream().map(this::copy).toList());
    }

    private Copy copy(Quarantined kept) {
        return new Copy(
                kept.id(),
                kept.directory().toString(),
                kept.keptAt(),
                kept.bytes(),
                kept.reason(),
                kept.receipt().map(Histories::receipt),
                Optional.ofNullable(open.get(kept.id())).map(Endpoint::toString));
    }

    Opened open(String id) throws ApiProblem, InterruptedException {
        Endpoint at = change(id, () -> {
            Endpoint opened = engine.openQuarantine(id);
            open.put(id, opened);
            return opened;
        });
        events.add("quarantine", "kept copy " + id, "open at " + at, "an operator asked for it");
        return new Opened(Api.VERSION, self.name(), id, at.host(), at.port());
    }

    void close(String id) throws ApiProblem, InterruptedException {
        change(id, () -> {
            engine.closeQuarantine(id);
            open.remove(id);
            return id;
        });
        events.add("quarantine", "kept copy " + id, "closed", "an operator asked for it");
    }

    void drop(String id) throws ApiProblem, InterruptedException {
        change(id, () -> {
            engine.dropQuarantine(id);
            open.remove(id);
            return id;
        });
        events.add("quarantine", "kept copy " + id, "dropped", "an operator asked for it");
    }

    private interface Work<T> {
        T run() throws EngineException, InterruptedException;
    }

    private <T> T change(String id, Work<T> work) throws ApiProblem, InterruptedException {
        if (!changing.tryLock()) {
            throw new ApiProblem(
                    409,
                    new Problem(
                            "busy", "another kept copy is being opened or dropped", id, "one at a time", "ask again"));
        }
        try {
            List<String> known =
                    engine.quarantine().stream().map(Quarantined::id).toList();
            if (!known.contains(id)) {
                throw new ApiProblem(
                        404,
                        new Problem(
                                "not-found",
                                "node " + self + " keeps no copy '" + id + "'",
                                id,
                                known.isEmpty() ? "nothing: no copy is kept here" : "one of " + known,
                                "list the quarantine of each node"));
            }
            return work.run();
        } catch (EngineException failure) {
            throw new ApiProblem(
                    500,
                    new Problem(
                            "failed",
                            String.valueOf(failure.getMessage()),
                            "kept copy " + id,
                            "success",
                            "see the agent's log, then ask again"));
        } finally {
            changing.unlock();
        }
    }
}
