/** Running one node's agent in the foreground. */
@NullMarked
package io.understudy.cli.node;

import org.jspecify.annotations.NullMarked;
