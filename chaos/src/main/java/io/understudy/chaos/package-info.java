/** Faults against real processes, judged from the side of the clients. */
@NullMarked
package io.understudy.chaos;

import org.jspecify.annotations.NullMarked;
