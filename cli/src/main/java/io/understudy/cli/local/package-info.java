/**
 * A cluster of real processes on this machine: its nodes, their directories, their network and their end. What demonstrates, tests or
 * breaks a cluster drives these.
 */
@NullMarked
package io.understudy.cli.local;

import org.jspecify.annotations.NullMarked;
