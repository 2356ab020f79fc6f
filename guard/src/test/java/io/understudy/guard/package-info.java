/** Tests of the guard, most of them with real processes. */
@NullMarked
package io.understudy.guard;

import org.jspecify.annotations.NullMarked;
