package io.understudy.router.session;

/**
 * What a client is told when the connection to its server breaks: not by a code of class 08 or 57, for which connection pools
 * throw away the connection to the router, which is well.
 */
final class Lost {
    /** Something was under way: nobody here knows whether it was done. */
    static final Problem WHILE_UNDER_WAY = Problem.error(
            "40003",
            "the connection to the primary was lost while a statement was under way; whether it was done is not known",
            "",
            "Look whether its effects are there before it is run again.");

    /** A transaction was open and is rolled back. */
    static final Problem BETWEEN_STATEMENTS = Problem.error(
            "40001",
            "the connection to the primary was lost; the transaction was rolled back",
            "",
            "Run the transaction again.");

    /** Nothing was under way, but what the session held there is gone. */
    static final Problem WITH_ITS_SESSION = Problem.fatal(
            "57P01",
            "the connection to the primary was lost, and with it what this session held there",
            "SHOW PINS in the router's own database tells what sessions hold.",
            "");

    private Lost() {}
}
