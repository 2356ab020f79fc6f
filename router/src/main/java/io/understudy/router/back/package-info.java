/** The way into a server: TLS, start-up, log-in with the client's own keys. */
@NullMarked
package io.understudy.router.back;

import org.jspecify.annotations.NullMarked;
