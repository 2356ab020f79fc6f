/** What may be written to the ledger. */
@NullMarked
package io.understudy.core.command;

import org.jspecify.annotations.NullMarked;
