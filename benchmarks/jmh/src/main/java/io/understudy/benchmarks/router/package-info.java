/** What the router costs, measured inside one JVM. */
@NullMarked
package io.understudy.benchmarks.router;

import org.jspecify.annotations.NullMarked;
