/** Data that diverged: kept whole, opened for reading, measured, and turned back into a replica where that is possible. */
@NullMarked
package io.understudy.engines.postgres.quarantine;

import org.jspecify.annotations.NullMarked;
