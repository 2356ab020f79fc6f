package io.understudy.engines.postgres;

import io.understudy.core.cluster.NodeId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The logins Understudy makes for itself, and their passwords, which are derived from the cluster's secret so that every
 * node knows every other's without being told.
 */
final class Roles {

    /** Who supervises: superuser, from the server's own host only. */
    static final String SUPERVISOR = "understudy";

    /** Who clones; no node's name has a dot, so this is no member's login. */
    static final String CLONE = "understudy.clone";

    /** Who reads a primary's files to rewind another node; may do nothing else. */
    static final String REWIND = "understudy.rewind";

    /** Who looks up for routers how a client must prove itself; may do nothing else. */
    static final String ROUTER = "understudy.router";

    private static final int SHORTEST_SECRET = 16;
    private static final int LONGEST_NAME = 63;
    private static final int IDENTITY_DIGITS = 16;

    private final byte[] secret;

    private Roles(byte[] secret) {
        this.secret = secret.clone();
    }

    static Roles fromSecret(Path file) throws IOException {
        byte[] secret = Files.readString(file).strip().getBytes(StandardCharsets.UTF_8);
        if (secret.length < SHORTEST_SECRET) {
            throw new IOException(
                    "The cluster secret in " + file + " has " + secret.length + " bytes, expected at least "
                            + SHORTEST_SECRET + ". Put a longer random text there, the same on every node.");
        }
        return new Roles(secret);
    }

    /** What a member logs in as to replicate. */
    static String loginOf(NodeId node) {
        return "understudy_" + node.name();
    }

    /** The slot a member copies from; slot names have no dashes, and no two members may share one. */
    static String slotOf(NodeId node) {
        String encoded = node.name().replace("_", "_u").replace("-", "_d");
        String name = "understudy_" + encoded;
        return name.length() <= LONGEST_NAME ? name : "u_" + encoded;
    }

    /** How a clone for {@code node} names itself: never as the member, which would confirm in its place. */
    static String cloneNameOf(NodeId node) {
        return CLONE + ":" + node.name();
    }

    /** The password of a login. */
    String passwordOf(String login) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(derive("password of " + login));
    }

    /** What tells this cluster's data from another's; says nothing about the secret. */
    String clusterIdentity() {
        return HexFormat.of().formatHex(derive("identity")).substring(0, IDENTITY_DIGITS);
    }

    private byte[] derive(String purpose) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            return mac.doFinal(purpose.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("every Java platform has HmacSHA256", impossible);
        }
    }
}
