/** What an agent asks of a database engine. */
@NullMarked
package io.understudy.engines;

import org.jspecify.annotations.NullMarked;
