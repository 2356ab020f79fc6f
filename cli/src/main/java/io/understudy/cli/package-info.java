/** The command line. */
@NullMarked
package io.understudy.cli;

import org.jspecify.annotations.NullMarked;
