@NullMarked
package io.understudy.coordination.ratis;

import org.jspecify.annotations.NullMarked;
