/** How bytes come from sockets and go to them, in as few steps as possible. */
@NullMarked
package io.understudy.router.sockets;

import org.jspecify.annotations.NullMarked;
