/** Sessions and what carries them: clients, server connections, pools, and the messages in between. */
@NullMarked
package io.understudy.router.session;

import org.jspecify.annotations.NullMarked;
