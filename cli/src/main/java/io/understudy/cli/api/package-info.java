/** Talking to agents over HTTP. */
@NullMarked
package io.understudy.cli.api;

import org.jspecify.annotations.NullMarked;
