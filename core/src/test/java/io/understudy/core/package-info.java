/** Tests over the whole of the decision code. */
@NullMarked
package io.understudy.core;

import org.jspecify.annotations.NullMarked;
