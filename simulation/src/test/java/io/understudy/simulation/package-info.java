/** Histories, and wrong decisions that the checkers must catch. */
@NullMarked
package io.understudy.simulation;

import org.jspecify.annotations.NullMarked;
