package io.understudy.core.cluster;

import java.time.Instant;

/** Something worth knowing that changed no primary: a change of the in-sync set, a request that was refused. */
public record Notice(Instant at, String rule, String text) {}
