package io.understudy.chaos.judge;

import io.understudy.agent.api.HistoryView.Change;
import io.understudy.chaos.judge.Evidence.Succession;
import io.understudy.chaos.lab.Lab;
import io.understudy.chaos.report.ChaosReport.Finding;
import io.understudy.chaos.workload.Workload;
import io.understudy.cli.local.Await;
import io.understudy.cli.local.LocalNode;
import io.understudy.core.cluster.Endpoint;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Reads everything back while nothing is sent, and holds it against every promise. Used by one thread. */
public final class Judge {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration LOOK = Duration.ofMillis(50);
    private static final int MOST_READINGS = 10;

    /** {@code serialization_failure}, and that of a session that was ended for it. */
    private static final Set<String> RECOVERY_CONFLICTS = Set.of("40001", "40P01", "57P01");

    /** Answers a position that every replica reaches: the end of a record, never the beginning of a page. */
    private static final String END_OF_LOG = "select pg_logical_emit_message(true, 'chaos', 'end')";

    /** Sessions that were given up may still be at work. */
    private static final String STILL_WRITING = "select count(*) from pg_stat_activity where usename = current_user"
            + " and state <> 'idle' and pid <> pg_backend_pid() and application_name <> 'chaos-audit'";

    private static final String REPLAYED = "select pg_last_wal_replay_lsn() >= '%s'::pg_lsn";

    private static final List<Promise> PROMISES = List.of(
            new NothingAcknowledgedIsLost(),
            new NothingIsThereTwice(),
            new NothingComesFromNowhere(),
            new NothingRefusedIsThere(),
            new ListsKeepTheirOrder(),
            new WhatWasShownStays(),
            new WhatWasReadBackStays(),
            new BalancesAddUp(),
            new ReplicasHoldTheSame(),
            new NoFormerPrimaryAcknowledges());

    private final Lab lab;
    private final Workload workload;
    private final BitSet lost = new BitSet();
    private final Map<Long, Long> receipts = new HashMap<>();
    private BitSet readBefore = new BitSet();
    private boolean unmeasured;
    private long doubled;
    private long misreported;

    public Judge(Lab lab, Workload workload) {
        this.lab = lab;
        this.workload = workload;
    }

    /**
     * Judges now.
     *
     * @param chosen by epoch, who was seen to be chosen and when, on {@link System#nanoTime}
     * @param atMillis for what is found
     * @throws IOException when what is there cannot be read
     */
    public List<Finding> judge(List<Chosen> chosen, long atMillis) throws IOException, InterruptedException {
        Evidence evidence = gather(chosen);
        List<Finding> findings = new ArrayList<>();
        for (Promise promise : PROMISES) {
            promise.broken(evidence).forEach(text -> findings.add(new Finding(promise.name(), text, atMillis)));
        }
        lost.or(evidence.lost());
        doubled = evidence.stored().doubled().size();
        misreported = NothingRefusedIsThere.misreported(evidence).cardinality();
        readBefore = evidence.stored().ids();
        return findings;
    }

    /** A node was seen to be chosen for an epoch. */
    public record Chosen(long epoch, String node, long seenNanos) {}

    private Evidence gather(List<Chosen> chosen) throws IOException, InterruptedException {
        LocalNode primary = lab.primary();
        Endpoint where = primary.addresses().database();
        try {
            await(where, STILL_WRITING, "0", "sessions of " + primary.id() + " are still at work");
            Map<String, Stored> replicas = new HashMap<>();
            Stored stored = Stored.read(lab.database(), where);
            Stored before;
            int times = 0;
            do {
                if (times++ == MOST_READINGS) {
                    throw new IOException("What " + primary.id() + " holds changed while it was read, " + MOST_READINGS
                            + " times in a row, and nothing was sent meanwhile");
                }
                before = stored;
                String end = ask(where, END_OF_LOG);
                for (LocalNode replica : lab.replicas()) {
                    Endpoint at = replica.addresses().database();
                    await(at, REPLAYED.formatted(end), "t", replica.id() + " has not replayed up to " + end);
                    replicas.put(replica.id().name(), readReplica(at));
                }
                // What a client gave up on may still arrive, for example sent again by its host after a cut.
                stored = Stored.read(lab.database(), where);
            } while (!stored.isSameAs(before));
            return new Evidence(
                    lab.mode(),
                    workload.book(),
                    (BitSet) lost.clone(),
                    workload.shown(),
                    workload.acknowledgements(),
                    stored,
                    replicas,
                    (BitSet) readBefore.clone(),
                    told(),
                    chosen.stream()
                            .map(seen -> new Succession(
                                    seen.epoch(),
                                    seen.node(),
                                    lab.node(seen.node()).addresses().database().host(),
                                    seen.seenNanos()))
                            .toList());
        } catch (SQLException unreadable) {
            throw new IOException("What is there cannot be read back: " + unreadable.getMessage(), unreadable);
        }
    }

    /** What is replayed may end a reader, as long as something is: then it is read again. */
    private Stored readReplica(Endpoint replica) throws SQLException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                return Stored.read(lab.database(), replica);
            } catch (SQLException conflict) {
                if (!RECOVERY_CONFLICTS.contains(String.valueOf(conflict.getSQLState()))
                        || deadline - System.nanoTime() <= 0) {
                    throw conflict;
                }
            }
            TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
        }
    }

    /** An agent remembers the last changes of primary only. */
    private Optional<Long> told() throws InterruptedException {
        // In async the measure comes once the former primary's data was kept.
        Await.until(
                PATIENCE,
                () -> lab.watch().newest().stream()
                        .allMatch(view -> view.missingReceipts().isEmpty()));
        for (Change change : lab.changes()) {
            change.receipt().ifPresent(receipt -> receipts.put(change.epoch(), receipt.transactions()));
            unmeasured |= change.noReceipt().isPresent();
        }
        return unmeasured ? Optional.empty() : Optional.of(toldLost());
    }

    /** Asks until the answer is {@code wanted}; a server that refuses to be asked is asked again. */
    private void await(Endpoint where, String query, String wanted, String otherwise)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        String last = "";
        while (deadline - System.nanoTime() > 0) {
            try {
                last = ask(where, query);
                if (last.equals(wanted)) {
                    return;
                }
            } catch (SQLException notNow) {
                last = String.valueOf(notNow.getMessage());
            }
            TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
        }
        throw new IOException(
                otherwise + " after " + PATIENCE.toSeconds() + " s in which nothing was sent; last answer: " + last);
    }

    private String ask(Endpoint where, String query) throws SQLException {
        try (Connection connection = lab.database().connect(where, "chaos-audit");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            if (!row.next()) {
                throw new SQLException("No row for " + query);
            }
            return String.valueOf(row.getString(1));
        }
    }

    /** Acknowledged writes that were not there at any verdict. */
    public long lost() {
        return lost.cardinality();
    }

    /** How many transactions receipts call lost. */
    public long toldLost() {
        return receipts.values().stream().mapToLong(Long::longValue).sum();
    }

    /** At the last verdict. */
    public long doubled() {
        return doubled;
    }

    /** At the last verdict. */
    public long misreported() {
        return misreported;
    }
}
