package io.understudy.router.session;

/** Counts since the start. Written by the event loop alone, and read there. */
final class Figures {
    long clients;
    long refusedClients;
    long transactions;
    long queries;
    long serversOpened;
    long serversLost;
    long refusedRequests;
    long waits;
    long waitedNanos;
    long longestWaitNanos;
    long cancels;
}
