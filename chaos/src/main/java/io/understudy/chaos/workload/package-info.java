/** Clients, and what each was answered. */
@NullMarked
package io.understudy.chaos.workload;

import org.jspecify.annotations.NullMarked;
