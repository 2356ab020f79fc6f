package io.understudy.router.proof;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What came up to a ReadyForQuery, without what may differ between two servers' sessions: process ids, tables' numbers, places in the
 * server's source, and when within the answer a parameter was reported.
 *
 * @param messages all others, in their order
 * @param parameters as they were reported last
 */
record Answer(List<String> messages, Map<String, String> parameters) {
    private static final int LONGEST_TOLD = 60;
    private static final String FIELDS = "SVCMDHP";

    /** The next one that {@code client} gets; {@code reported} is what was reported before, and is brought up to date. */
    static Answer to(Wire client, Map<String, String> reported) throws java.io.IOException {
        List<String> messages = new ArrayList<>();
        for (Wire.Message message : client.awaitReady()) {
            if (message.type() == 'S') {
                String[] pair = new String(message.body(), StandardCharsets.UTF_8).split("\0", -1);
                reported.put(pair[0], pair[1]);
            } else {
                messages.add(text(message));
            }
        }
        return new Answer(messages, new TreeMap<>(reported));
    }

    /** Whether something was refused because the transaction had failed. */
    boolean isOfFailedTransaction() {
        return messages.getLast().equals("ZE") && messages.stream().anyMatch(one -> one.contains("[C 25P02]"));
    }

    boolean leavesFailedTransaction() {
        return messages.getLast().equals("ZE");
    }

    private static String text(Wire.Message message) {
        return switch (message.type()) {
            case 'E', 'N' -> message.type() + fields(message);
            case 'A' -> "A" + printable(message.body(), Integer.BYTES);
            case 'T' -> "T" + columns(message.body());
            default -> message.type() + printable(message.body(), 0);
        };
    }

    private static String fields(Wire.Message message) {
        StringBuilder all = new StringBuilder();
        for (char field : FIELDS.toCharArray()) {
            String value = message.field(field);
            if (!value.isEmpty()) {
                all.append('[').append(field).append(' ').append(value).append(']');
            }
        }
        return all.toString();
    }

    private static String columns(byte[] body) {
        ByteBuffer in = ByteBuffer.wrap(body);
        StringBuilder all = new StringBuilder();
        for (int i = in.getShort(); i > 0; i--) {
            int start = in.position();
            while (in.get() != 0) {
                // To the end of the name.
                continue;
            }
            all.append('[').append(new String(body, start, in.position() - start - 1, StandardCharsets.UTF_8));
            in.getInt();
            all.append(' ').append(in.getShort()).append(' ').append(in.getInt());
            all.append(' ').append(in.getShort()).append(' ').append(in.getInt());
            all.append(' ').append(in.getShort()).append(']');
        }
        return all.toString();
    }

    private static String printable(byte[] body, int from) {
        boolean ascii = true;
        for (int i = from; i < body.length; i++) {
            ascii &= body[i] >= ' ' && body[i] < 127;
        }
        String whole = ascii
                ? new String(body, from, body.length - from, StandardCharsets.US_ASCII)
                : HexFormat.of().formatHex(body, from, body.length);
        return whole.length() <= LONGEST_TOLD
                ? whole
                : whole.substring(0, LONGEST_TOLD) + "…" + whole.length() + "#" + whole.hashCode();
    }
}
