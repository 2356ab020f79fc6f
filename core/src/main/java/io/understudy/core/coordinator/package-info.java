/** What the cluster does next. */
@NullMarked
package io.understudy.core.coordinator;

import org.jspecify.annotations.NullMarked;
