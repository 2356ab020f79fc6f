/** The machines of a run: nodes in network namespaces of their own, with disks and clocks that can be spoilt. */
@NullMarked
package io.understudy.chaos.lab;

import org.jspecify.annotations.NullMarked;
