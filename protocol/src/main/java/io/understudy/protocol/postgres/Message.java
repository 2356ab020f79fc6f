package io.understudy.protocol.postgres;

import java.nio.ByteBuffer;

/**
 * One message of PostgreSQL's frontend/backend protocol, version 3, as a value.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-message-formats.html">Message Formats</a>
 */
public sealed interface Message permits FrontendMessage, BackendMessage {
    /** The whole frame, type and length included, ready to be written. */
    ByteBuffer encode();
}
