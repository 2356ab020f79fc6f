/** Bad days of a whole cluster, on real processes. */
@NullMarked
package io.understudy.cli.baddays;

import org.jspecify.annotations.NullMarked;
