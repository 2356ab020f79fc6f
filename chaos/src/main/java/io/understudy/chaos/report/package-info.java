/** What a run found, as data and as one page. */
@NullMarked
package io.understudy.chaos.report;

import org.jspecify.annotations.NullMarked;
