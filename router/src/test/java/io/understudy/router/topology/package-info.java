/** Tests of the package of the same name. */
@NullMarked
package io.understudy.router.topology;

import org.jspecify.annotations.NullMarked;
