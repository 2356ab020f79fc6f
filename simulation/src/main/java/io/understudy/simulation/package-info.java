/** A seeded cluster of the shipped decision code. */
@NullMarked
package io.understudy.simulation;

import org.jspecify.annotations.NullMarked;
