/** Rules for the shape of the whole project. */
@NullMarked
package io.understudy.architecture;

import org.jspecify.annotations.NullMarked;
