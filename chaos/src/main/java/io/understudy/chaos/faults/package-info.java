/** What is done to the nodes, one thing a class or method, each with its name. */
@NullMarked
package io.understudy.chaos.faults;

import org.jspecify.annotations.NullMarked;
