package io.understudy.coordination.ratis;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What is put around proposals, and around the answers to proposals and queries, on the way through Raft. */
final class Envelope {
    /** A proposal that any leader may append. */
    static final long ANY_TERM = -1;

    /** Around a proposal: the term it is meant for. */
    static final int PROPOSAL_OVERHEAD_BYTES = Long.BYTES;

    private static final int LONGEST_REFUSAL_CHARS = 2_000;

    private Envelope() {}

    /** A proposal that has an effect only as an entry of {@code term}, or of any with {@link #ANY_TERM}. */
    static byte[] proposal(long term, byte[] body) {
        return ByteBuffer.allocate(Long.BYTES + body.length)
                .putLong(term)
                .put(body)
                .array();
    }

    static long proposalTerm(byte[] envelope) {
        return ByteBuffer.wrap(envelope).getLong();
    }

    static byte[] proposalBody(byte[] envelope) {
        return Arrays.copyOfRange(envelope, Long.BYTES, envelope.length);
    }

    /** How an answer came to be. The order is part of what is sent. */
    enum Outcome {
        /** The machine's answer follows. */
        DONE,
        /** The machine threw; its message follows. */
        REFUSED,
        /** The entry's term was not the one the proposal was for; nothing was applied. */
        OTHER_TERM,
        /** The answer exceeds its bound; nothing of it follows. */
        TOO_LARGE,
        /** A query reached a peer that cannot prove its leadership; ask again. */
        NOT_LEADING
    }

    static byte[] answer(Outcome outcome, byte[] body) {
        byte[] envelope = new byte[1 + body.length];
        envelope[0] = (byte) outcome.ordinal();
        System.arraycopy(body, 0, envelope, 1, body.length);
        return envelope;
    }

    static byte[] answer(Outcome outcome, String words) {
        String bounded = words.length() > LONGEST_REFUSAL_CHARS ? words.substring(0, LONGEST_REFUSAL_CHARS) : words;
        return answer(outcome, bounded.getBytes(StandardCharsets.UTF_8));
    }

    static Outcome outcome(byte[] envelope) {
        return Outcome.values()[envelope[0]];
    }

    static byte[] answerBody(byte[] envelope) {
        return Arrays.copyOfRange(envelope, 1, envelope.length);
    }

    static String answerWords(byte[] envelope) {
        return new String(envelope, 1, envelope.length - 1, StandardCharsets.UTF_8);
    }
}
