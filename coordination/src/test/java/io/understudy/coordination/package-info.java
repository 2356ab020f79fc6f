@NullMarked
package io.understudy.coordination;

import org.jspecify.annotations.NullMarked;
