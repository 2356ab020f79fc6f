/** The parent process of a database server, which ends it when its deadline passes. */
@NullMarked
package io.understudy.guard;

import org.jspecify.annotations.NullMarked;
