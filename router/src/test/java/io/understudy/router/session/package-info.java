@NullMarked
package io.understudy.router.session;

import org.jspecify.annotations.NullMarked;
