/** The demonstration: a cluster on one machine, a shop, faults, and the proof. */
@NullMarked
package io.understudy.cli.demo;

import org.jspecify.annotations.NullMarked;
