package io.understudy.core.cluster;

/** How far a tenure is. */
public enum Phase {
    /** Its holder may promote; nothing of it is shown or acknowledged to clients yet. */
    GRANTED,
    /** A marker commit of it was confirmed: clients are served. */
    OPEN,
    /** It has ended. Its holder never has another write acknowledged; votes for the next epoch are collected. */
    REVOKED
}
