/** What has to be known of a statement's text. Pure. */
@NullMarked
package io.understudy.router.sql;

import org.jspecify.annotations.NullMarked;
