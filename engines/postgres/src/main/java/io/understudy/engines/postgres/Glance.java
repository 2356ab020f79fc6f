package io.understudy.engines.postgres;

import io.understudy.core.cluster.Boundary;
import io.understudy.core.cluster.Position;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything a running server says about itself, in one round trip.
 *
 * @param standby whether it replays a log
 * @param position on a replica how far it replayed, on a primary how far its log is on disk
 * @param received on a replica the end of what a receiver wrote in this run; empty before one did
 * @param timeline on a primary what it writes; 0 on a replica
 * @param conninfo what this session sees as {@code primary_conninfo}
 * @param upstream the member that belongs to it
 * @param names what this session sees as {@code synchronous_standby_names}
 * @param receiver its receiver, if one exists
 * @param startupWait what the replaying process waits for; empty when it is busy or there is none
 * @param open on a sealed replica that has read everything: its next transaction id, a colon, and the ids of transactions
 *     that have not ended. Asked one by one, because the list in a replica's snapshot is always empty. Empty text otherwise.
 * @param senders who copies from it
 */
record Glance(
        boolean standby,
        Position position,
        Optional<Position> received,
        int timeline,
        String conninfo,
        String upstream,
        String names,
        Optional<Receiver> receiver,
        String startupWait,
        String open,
        List<Sender> senders) {

    /** The replaying process has read all there is on disk and sleeps before it looks again. */
    static final String EVERYTHING_READ = "RecoveryRetrieveRetryInterval";

    /** The replaying process waits for what a session has locked, or looks at. */
    private static final Set<String> HELD_UP = Set.of("relation", "object", "BufferPin");

    private static final String CONFLICT = "RecoveryConflict";

    /** The replaying process has read all there was on disk and waits for its receiver. */
    static final String WAITS_FOR_RECEIVER = "RecoveryWalStream";

    // What stands in FROM is read before what stands in SELECT: whom replay waits for, and whether a receiver exists,
    // are
    // read before how far replay is, so that "nothing more will come" is never said of an older position than it was
    // true for.
    private static final String QUERY = """
            select pg_is_in_recovery(),
              case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_flush_lsn() end::text,
              case when pg_is_in_recovery() then pg_last_wal_receive_lsn() end::text,
              case when not pg_is_in_recovery() then substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) end,
              current_setting('primary_conninfo'),
              coalesce(current_setting('understudy.upstream', true), ''),
              current_setting('synchronous_standby_names'),
              r.pid, r.status, r.received_tli, r.latest_end_lsn::text,
              p.wait_event,
              case when pg_is_in_recovery() and p.wait_event = 'RecoveryRetrieveRetryInterval'
                  and current_setting('primary_conninfo') = '' then (
                select pg_snapshot_xmax(s) || ':' || array_to_string(array(
                  select id from generate_series(pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint - 1) id
                  where pg_xact_status(id::text::xid8) = 'in progress'), ',')
                from pg_current_snapshot() s) end,
              s.senders
            from (select 1) one
              left join lateral (select wait_event from pg_stat_activity
                where backend_type = 'startup' offset 0) p on pg_is_in_recovery()
              left join lateral (select pid, status, received_tli,
                  case when last_msg_send_time is distinct from last_msg_receipt_time then latest_end_lsn end as latest_end_lsn
                from pg_stat_get_wal_receiver() where pid is not null offset 0) r on pg_is_in_recovery()
              left join lateral (select string_agg(concat_ws('|', w.pid, coalesce(w.usename, ''),
                  translate(coalesce(w.application_name, ''), E'|\\n', '??'),
                  coalesce(w.state, ''), coalesce(w.sync_priority, 0), coalesce(w.flush_lsn, '0/0'), coalesce(w.replay_lsn, '0/0'),
                  coalesce(round(extract(epoch from clock_timestamp() - w.reply_time) * 1000), -1),
                  coalesce(l.slot_name, '')), E'\\n') as senders
                from pg_stat_replication w left join pg_replication_slots l on l.active_pid = w.pid) s on true
            """;

    /**
     * The process that receives.
     *
     * @param primaryEnd the end of the primary's log as it heard; empty before its first message, because the server shows what the receiver
     *     before it heard, of another primary maybe. Until then both times of the last message are the moment of its start
     */
    record Receiver(int pid, String status, int timeline, Optional<Position> primaryEnd) {}

    /** One process that sends log to somebody. */
    record Sender(
            int pid,
            String login,
            String application,
            String state,
            int priority,
            Position flushed,
            Position replayed,
            long silenceMillis,
            String slot) {}

    /** Prepares the question once for a session. */
    static PreparedStatement prepare(Connection session) throws SQLException {
        return session.prepareStatement(QUERY);
    }

    static Glance read(PreparedStatement prepared) throws SQLException {
        try (ResultSet row = prepared.executeQuery()) {
            row.next();
            return of(row);
        }
    }

    private static Glance of(ResultSet row) throws SQLException {
        int receiverPid = row.getInt(8);
        Optional<Receiver> receiver = row.wasNull()
                ? Optional.empty()
                : Optional.of(
                        new Receiver(receiverPid, orEmpty(row.getString(9)), row.getInt(10), lsn(row.getString(11))));
        String timeline = row.getString(4);
        return new Glance(
                row.getBoolean(1),
                lsn(row.getString(2)).orElse(Position.START),
                lsn(row.getString(3)),
                timeline == null ? 0 : Integer.parseInt(timeline, 16),
                orEmpty(row.getString(5)),
                orEmpty(row.getString(6)),
                orEmpty(row.getString(7)),
                receiver,
                orEmpty(row.getString(12)),
                orEmpty(row.getString(13)),
                senders(orEmpty(row.getString(14))));
    }

    private static List<Sender> senders(String text) {
        if (text.isEmpty()) {
            return List.of();
        }
        List<Sender> senders = new ArrayList<>();
        for (String line : text.split("\n", -1)) {
            String[] field = line.split("\\|", -1);
            senders.add(new Sender(
                    Integer.parseInt(field[0]),
                    field[1],
                    field[2],
                    field[3],
                    Integer.parseInt(field[4]),
                    lsn(field[5]).orElse(Position.START),
                    lsn(field[6]).orElse(Position.START),
                    Long.parseLong(field[7]),
                    field[8]));
        }
        return senders;
    }

    /** Whether a session keeps the replica from replaying. */
    boolean isReplayBlocked() {
        return HELD_UP.contains(startupWait) || startupWait.startsWith(CONFLICT);
    }

    /** Whether the replica has read every record it holds and nothing can bring more. */
    boolean hasReadEverything() {
        return standby && conninfo.isEmpty() && receiver.isEmpty() && startupWait.equals(EVERYTHING_READ);
    }

    /** The boundary this snapshot and position make. */
    Boundary boundary() {
        String[] parts = open.split(":", -1);
        List<Long> inProgress = parts[1].isEmpty()
                ? List.of()
                : Arrays.stream(parts[1].split(",", -1)).map(Long::parseLong).toList();
        return new Boundary(position, Long.parseLong(parts[0]), inProgress);
    }

    /** Reads PostgreSQL's form of a position; empty for null. */
    static Optional<Position> lsn(@Nullable String text) {
        if (text == null) {
            return Optional.empty();
        }
        int slash = text.indexOf('/');
        return Optional.of(new Position(
                (Long.parseLong(text.substring(0, slash), 16) << 32) + Long.parseLong(text.substring(slash + 1), 16)));
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}
