package io.understudy.core.cluster;

/** Why a tenure began. */
public enum Cause {
    /** The cluster's first primary. */
    BOOTSTRAP,
    /** The primary was lost. */
    FAILOVER,
    /** An operator asked for it. */
    SWITCHOVER
}
