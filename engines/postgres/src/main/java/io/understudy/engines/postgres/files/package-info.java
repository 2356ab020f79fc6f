/** Reading a PostgreSQL data directory without a server: control file, timeline history, the end of the valid log. */
@NullMarked
package io.understudy.engines.postgres.files;

import org.jspecify.annotations.NullMarked;
