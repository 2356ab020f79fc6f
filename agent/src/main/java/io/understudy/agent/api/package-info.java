/** What the agent's HTTP API answers and takes: versioned JSON, as records. Shared with every client written in Java. */
@NullMarked
package io.understudy.agent.api;

import org.jspecify.annotations.NullMarked;
