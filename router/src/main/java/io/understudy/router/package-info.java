/** The router: clients connect to one port of any node and reach the primary, pooled. */
@NullMarked
package io.understudy.router;

import org.jspecify.annotations.NullMarked;
