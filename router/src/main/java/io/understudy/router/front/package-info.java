/** The front door: what a client says before it has a session. TLS, start-up, log-in, cancel requests. */
@NullMarked
package io.understudy.router.front;

import org.jspecify.annotations.NullMarked;
