@NullMarked
package io.understudy.agent;

import org.jspecify.annotations.NullMarked;
