/** Which PostgreSQL binaries are used, and where they come from. */
@NullMarked
package io.understudy.engines.postgres.installation;

import org.jspecify.annotations.NullMarked;
