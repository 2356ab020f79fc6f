package io.understudy.router.admin;

/** Why a request for a server connection was refused. */
public enum Refusal {
    /** Too many clients waited already. */
    QUEUE_FULL,
    /** None became free in time. */
    QUEUE_TIMEOUT,
    /** There was no primary for as long as requests wait. */
    NO_PRIMARY,
    /** The server did not let the client in. */
    SERVER
}
