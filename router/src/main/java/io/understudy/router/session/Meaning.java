package io.understudy.router.session;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/**
 * Learns what a server took a client's statement for: which types its parameters have and what its rows look like. The same text means
 * something else under another search path, or after a table was made anew, and only what means the same may be shared. Owned by the event
 * loop.
 */
final class Meaning {
    private final PreparedTexts texts;
    private final ClientSession client;
    private final byte[] name;
    private final Prepared asked;
    private final MessageDigest digest;
    private byte @Nullable [] types;

    /**
     * Of a statement that was just sent.
     *
     * @param name the client's
     */
    Meaning(PreparedTexts texts, ClientSession client, byte[] name, Prepared asked) {
        this.texts = texts;
        this.client = client;
        this.name = name;
        this.asked = asked;
        try {
            this.digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java has SHA-256", impossible);
        }
        digest.update(ParseSettings.of(client.holds().settings()).getBytes(StandardCharsets.ISO_8859_1));
    }

    /** A ParameterDescription: how many, and of which types, as a Parse message has them. */
    void parameters(ByteBuf in, int body, int length) {
        byte[] told = new byte[length];
        in.getBytes(body, told);
        types = told;
        digest.update(told);
    }

    /** A RowDescription; {@code length} is 0 for a statement without rows. From here on the client shares what means the same. */
    void rows(ServerConnection server, ByteBuf in, int body, int length) {
        byte[] told = types;
        if (told == null) {
            return;
        }
        if (client.holds().decidesAlone() || asked.isMomentary()) {
            // Settings of a transaction that is still open decided what it means, or a temporary table, or the clock.
            asked.means(told);
            return;
        }
        digest.update(in.nioBuffer(body, length));
        Prepared shared = texts.meaning(asked, told, digest.digest());
        if (shared != asked) {
            client.holds().names().replace(name, asked, shared);
            server.statements().age(asked);
        }
    }
}
