package io.understudy.coordination.ratis;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.client.RaftClientConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/** The settings of Ratis that follow from ours, and those that keep a peer small. */
final class RatisProperties {
    /** Bytes of log sent to a follower at once; an entry must fit. */
    private static final int APPENDER_BYTES = 1024 * 1024;

    /** An entry is written through this buffer, so it must hold the largest. */
    private static final int WRITE_BUFFER_BYTES = APPENDER_BYTES + 64 * 1024;

    private static final int LARGEST_MESSAGE_BYTES = 4 * 1024 * 1024;
    private static final int SNAPSHOT_CHUNK_BYTES = 512 * 1024;
    private static final int FLOW_WINDOW_BYTES = 256 * 1024;
    private static final int CACHED_SEGMENTS = 2;
    private static final int QUEUED_BYTES = 4 * 1024 * 1024;
    private static final int QUEUED_ELEMENTS = 1024;
    private static final int SNAPSHOTS_KEPT = 2;

    /** A process that was stopped for long must go on as a follower, not close its server as Ratis does after a minute. */
    private static final Duration LONGEST_PAUSE = Duration.ofDays(3650);

    /** Answers to repeated proposals are remembered this long; longer than any deadline. */
    private static final Duration REPEATS_REMEMBERED = Duration.ofSeconds(60);

    private RatisProperties() {}

    /** The group's id follows from the cluster's name. */
    static RaftGroupId groupId(String cluster) {
        return RaftGroupId.valueOf(UUID.nameUUIDFromBytes(cluster.getBytes(StandardCharsets.UTF_8)));
    }

    /** Where Ratis keeps the group's log, vote and snapshots. */
    static Path groupDirectory(RaftSettings settings) {
        return settings.storage().resolve(groupId(settings.cluster()).getUuid().toString());
    }

    static RaftProperties of(RaftSettings settings) {
        RaftProperties properties = new RaftProperties();
        timings(properties, settings.timings());
        reading(properties);
        log(properties, settings);
        snapshots(properties, settings.limits());
        rpc(properties, settings);
        return properties;
    }

    private static void timings(RaftProperties properties, RaftTimings timings) {
        RaftServerConfigKeys.Rpc.setTimeoutMin(properties, duration(timings.electionMin()));
        RaftServerConfigKeys.Rpc.setTimeoutMax(properties, duration(timings.electionMax()));
        // Only the first election after a start: pre-vote keeps an early candidate from disturbing a living leader.
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(
                properties, duration(timings.electionMin().dividedBy(4)));
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(
                properties, duration(timings.electionMax().dividedBy(2)));
        RaftServerConfigKeys.Rpc.setRequestTimeout(properties, duration(timings.electionMax()));
        RaftServerConfigKeys.LeaderElection.setPreVote(properties, true);
        // Also how long a leader that lost its majority stays out of elections: 10 s unless said otherwise.
        RaftServerConfigKeys.LeaderElection.setLeaderStepDownWaitTime(
                properties, duration(timings.electionMax().multipliedBy(2)));
        RaftServerConfigKeys.setSleepDeviationThreshold(properties, duration(timings.electionMin()));
        RaftServerConfigKeys.setCloseThreshold(properties, duration(LONGEST_PAUSE));
        RaftServerConfigKeys.RetryCache.setExpiryTime(properties, duration(REPEATS_REMEMBERED));
        RaftClientConfigKeys.Rpc.setRequestTimeout(properties, duration(timings.electionMax()));
    }

    /** Ratis only checks that it leads; the proof of it is ours, see {@link QuorumRounds}. */
    private static void reading(RaftProperties properties) {
        RaftServerConfigKeys.Read.setOption(properties, RaftServerConfigKeys.Read.Option.DEFAULT);
        RaftServerConfigKeys.Read.setLeaderLeaseEnabled(properties, false);
    }

    private static void log(RaftProperties properties, RaftSettings settings) {
        File storage = settings.storage().toFile();
        RaftServerConfigKeys.setStorageDir(properties, List.of(storage));
        RaftServerConfigKeys.setRemovedGroupsDir(properties, new File(storage, "removed"));
        RaftServerConfigKeys.Log.setSegmentSizeMax(
                properties, bytes(settings.limits().segmentBytes()));
        // Without padding behind it, an entry cut short by a kill is recognised as such and dropped.
        RaftServerConfigKeys.Log.setPreallocatedSize(properties, bytes(0));
        RaftServerConfigKeys.Log.setWriteBufferSize(properties, bytes(WRITE_BUFFER_BYTES));
        RaftServerConfigKeys.Log.setSegmentCacheNumMax(properties, CACHED_SEGMENTS);
        RaftServerConfigKeys.Log.setSegmentCacheSizeMax(
                properties, bytes((long) CACHED_SEGMENTS * settings.limits().segmentBytes()));
        RaftServerConfigKeys.Log.setQueueByteLimit(properties, bytes(QUEUED_BYTES));
        RaftServerConfigKeys.Log.setQueueElementLimit(properties, QUEUED_ELEMENTS);
        RaftServerConfigKeys.Log.setUnsafeFlushEnabled(properties, false);
        RaftServerConfigKeys.Log.setAsyncFlushEnabled(properties, false);
        RaftServerConfigKeys.Log.Appender.setBufferByteLimit(properties, bytes(APPENDER_BYTES));
        RaftServerConfigKeys.Log.Appender.setSnapshotChunkSizeMax(properties, bytes(SNAPSHOT_CHUNK_BYTES));
        RaftServerConfigKeys.Log.Appender.setInstallSnapshotEnabled(properties, true);
        RaftServerConfigKeys.Write.setByteLimit(properties, bytes(QUEUED_BYTES));
        RaftServerConfigKeys.Write.setElementLimit(properties, QUEUED_ELEMENTS);
    }

    private static void snapshots(RaftProperties properties, RaftLimits limits) {
        RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(properties, true);
        RaftServerConfigKeys.Snapshot.setAutoTriggerThreshold(properties, limits.snapshotEntries());
        RaftServerConfigKeys.Snapshot.setRetentionFileNum(properties, SNAPSHOTS_KEPT);
        // A peer that is away for days must not make the others keep their log.
        RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(properties, true);
        RaftServerConfigKeys.Log.setPurgeGap(properties, 1);
    }

    private static void rpc(RaftProperties properties, RaftSettings settings) {
        GrpcConfigKeys.Server.setHost(properties, settings.own().host());
        GrpcConfigKeys.Server.setPort(properties, settings.own().port());
        GrpcConfigKeys.setMessageSizeMax(properties, bytes(LARGEST_MESSAGE_BYTES));
        GrpcConfigKeys.setFlowControlWindow(properties, bytes(FLOW_WINDOW_BYTES));
    }

    private static TimeDuration duration(Duration duration) {
        return TimeDuration.valueOf(duration.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static SizeInBytes bytes(long bytes) {
        return SizeInBytes.valueOf(bytes);
    }
}
