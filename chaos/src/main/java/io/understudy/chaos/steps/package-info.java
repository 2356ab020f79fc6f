/**
 * A crash at every step that a node takes, on real processes. Agents run under the JDK's debugger interface; a breakpoint holds one
 * exactly before or after a step's effect, and there it is killed. What is tested has no switch for it.
 */
@NullMarked
package io.understudy.chaos.steps;

import org.jspecify.annotations.NullMarked;
