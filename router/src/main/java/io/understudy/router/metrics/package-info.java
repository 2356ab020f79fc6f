/** A router's figures for Prometheus. */
@NullMarked
package io.understudy.router.metrics;

import org.jspecify.annotations.NullMarked;
