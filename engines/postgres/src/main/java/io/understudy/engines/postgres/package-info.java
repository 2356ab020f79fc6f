/** Supervising one PostgreSQL server. */
@NullMarked
package io.understudy.engines.postgres;

import org.jspecify.annotations.NullMarked;
