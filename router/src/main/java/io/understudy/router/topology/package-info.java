/** Which node is primary, and who says so. */
@NullMarked
package io.understudy.router.topology;

import org.jspecify.annotations.NullMarked;
