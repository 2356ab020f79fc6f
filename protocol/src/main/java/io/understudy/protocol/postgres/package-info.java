/** PostgreSQL wire messages as values next to their codecs. */
@NullMarked
package io.understudy.protocol.postgres;

import org.jspecify.annotations.NullMarked;
