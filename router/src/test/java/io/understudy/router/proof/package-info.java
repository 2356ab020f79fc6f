/** The router as clients meet it: a whole one in front of a real server. */
@NullMarked
package io.understudy.router.proof;

import org.jspecify.annotations.NullMarked;
