@NullMarked
package io.understudy.chaos.report;

import org.jspecify.annotations.NullMarked;
