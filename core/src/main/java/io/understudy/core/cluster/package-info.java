/** What the ledger says about a cluster, as values. */
@NullMarked
package io.understudy.core.cluster;

import org.jspecify.annotations.NullMarked;
