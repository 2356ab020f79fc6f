/**
 * The ledger's transport: one Raft group of all agents, on Apache Ratis over gRPC.
 *
 * <p>Nothing outside this package sees a type of Ratis. What is replicated is a {@link
 * io.understudy.coordination.ratis.ReplicatedMachine}; one {@link io.understudy.coordination.ratis.RaftNode} per process
 * carries it.
 */
@NullMarked
package io.understudy.coordination.ratis;

import org.jspecify.annotations.NullMarked;
