/** What one agent does next with its own database server. */
@NullMarked
package io.understudy.core.reconciler;

import org.jspecify.annotations.NullMarked;
