package io.understudy.router.front;

import io.understudy.router.RouterSettings.AccessRule;
import io.understudy.router.RouterSettings.Method;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Whom to let in how: the first rule that matches decides. Immutable. */
public final class AccessRules {
    private static final String ALL = "all";
    private static final int MAPPED_PREFIX = 12;

    private record Range(byte[] network, int bits) {
        /** Matches nothing by bits, but everything by being this one. */
        static final Range EVERYTHING = new Range(new byte[0], 0);

        boolean contains(byte[] address) {
            if (this == EVERYTHING) {
                return true;
            }
            return address.length == network.length && Arrays.equals(masked(address, bits), network);
        }
    }

    private record Compiled(Range from, AccessRule rule) {}

    private final List<Compiled> rules;

    private AccessRules(List<Compiled> rules) {
        this.rules = rules;
    }

    /**
     * Reads the ranges.
     *
     * @throws IllegalArgumentException when one is no address range; it lists all of them
     */
    public static AccessRules of(List<AccessRule> rules) {
        List<Compiled> compiled = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        for (AccessRule rule : rules) {
            try {
                compiled.add(new Compiled(range(rule.from()), rule));
            } catch (IllegalArgumentException e) {
                problems.add(e.getMessage());
            }
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException("access rules: " + String.join("; ", problems));
        }
        return new AccessRules(List.copyOf(compiled));
    }

    /** How a client has to prove who it is; empty when it is not to be let in. */
    Optional<Method> method(InetAddress from, String user, String database) {
        byte[] address = plain(from.getAddress());
        return rules.stream()
                .filter(one -> one.from.contains(address)
                        && matches(one.rule.user(), user)
                        && matches(one.rule.database(), database))
                .map(one -> one.rule.method())
                .findFirst();
    }

    private static boolean matches(String pattern, String name) {
        return pattern.equals(ALL) || pattern.equals(name);
    }

    private static Range range(String text) {
        if (text.equals(ALL)) {
            return Range.EVERYTHING;
        }
        int slash = text.indexOf('/');
        byte[] network = address(text, slash < 0 ? text : text.substring(0, slash));
        int bits = slash < 0 ? network.length * Byte.SIZE : bits(text, text.substring(slash + 1), network);
        if (!Arrays.equals(masked(network, bits), network)) {
            throw new IllegalArgumentException(
                    "'%s' has bits set behind its first %d; write the network's own address".formatted(text, bits));
        }
        return new Range(network, bits);
    }

    private static byte[] address(String range, String text) {
        try {
            return InetAddress.ofLiteral(text).getAddress();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "'%s' is no address range, expected all, an address, or one such as 10.0.0.0/8 or fd00::/8"
                            .formatted(range),
                    e);
        }
    }

    private static int bits(String range, String text, byte[] network) {
        int most = network.length * Byte.SIZE;
        try {
            int bits = Integer.parseInt(text);
            if (bits >= 0 && bits <= most) {
                return bits;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'%s' has no number behind its slash".formatted(range), e);
        }
        throw new IllegalArgumentException("'%s' keeps %s bits, expected 0 to %d".formatted(range, text, most));
    }

    private static byte[] masked(byte[] address, int bits) {
        byte[] masked = address.clone();
        for (int i = 0; i < masked.length; i++) {
            int kept = Math.clamp(bits - (long) i * Byte.SIZE, 0, Byte.SIZE);
            masked[i] &= (byte) (0xff << (Byte.SIZE - kept));
        }
        return masked;
    }

    /** A socket for both kinds shows addresses of four bytes as mapped ones (::ffff:a.b.c.d). */
    private static byte[] plain(byte[] address) {
        boolean mapped = address.length == 16 && address[10] == -1 && address[11] == -1;
        for (int i = 0; mapped && i < 10; i++) {
            mapped = address[i] == 0;
        }
        return mapped ? Arrays.copyOfRange(address, MAPPED_PREFIX, address.length) : address;
    }
}
