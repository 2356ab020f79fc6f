/** What is promised, each promise in a class of its name, held against what clients were told and what is there. */
@NullMarked
package io.understudy.chaos.judge;

import org.jspecify.annotations.NullMarked;
