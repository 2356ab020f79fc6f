/** The router's own database {@code understudy}: what an operator asks and orders. Nothing here knows how sessions work. */
@NullMarked
package io.understudy.router.admin;

import org.jspecify.annotations.NullMarked;
