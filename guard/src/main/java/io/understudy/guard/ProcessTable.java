package io.understudy.guard;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * Reads who is whose child, and in which state, from /proc (proc(5)) without allocating: every path and every answer lies in a buffer made
 * beforehand. Owned by one thread.
 */
final class ProcessTable {
    /** What {@link #state} answers for a process that does not exist. */
    static final byte ABSENT = 0;

    /** The largest number of children one look reports; more are found by the next look, after these were killed. */
    static final int MAX_CHILDREN = 16_384;

    private static final int BUFFER_BYTES = 16 * 1024;
    private static final int STAT_BYTES = 1024;
    private static final byte[] PROC = ascii("/proc/");
    private static final byte[] TASK = ascii("/task/");
    private static final byte[] CHILDREN = ascii("/children\0");
    private static final byte[] STAT = ascii("/stat\0");

    private final Libc libc;
    private final MemorySegment path = Arena.global().allocate(128);
    private final MemorySegment buffer = Arena.global().allocate(BUFFER_BYTES);
    /** Copied to at once: reading single bytes from native memory takes the interpreter 50 times as long. */
    private final byte[] text = new byte[BUFFER_BYTES];

    private final int[] children = new int[MAX_CHILDREN];
    private int parent;

    ProcessTable(Libc libc) {
        this.libc = libc;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Looks up the children that this thread of this process has, dead ones not yet reaped included; -1 when there is no such process. */
    int look(int pid, int thread) {
        int end = number(append(0, PROC), pid);
        end = number(append(end, TASK), thread);
        append(end, CHILDREN);
        int descriptor = libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (descriptor < 0) {
            return -1;
        }
        int found = 0;
        int pending = 0;
        int length;
        while ((length = read(descriptor, BUFFER_BYTES)) > 0) {
            for (int i = 0; i < length; i++) {
                byte character = text[i];
                if (character >= '0' && character <= '9') {
                    pending = pending * 10 + (character - '0');
                } else if (pending != 0) {
                    if (found < MAX_CHILDREN) {
                        children[found++] = pending;
                    }
                    pending = 0;
                }
            }
        }
        libc.close(descriptor);
        return found;
    }

    /** A child found by the last {@link #look}. */
    int child(int index) {
        return children[index];
    }

    /** The state letter of proc(5): R, S, D, Z, T, ...; {@link #ABSENT} when there is no such process. */
    byte state(int pid) {
        append(number(append(0, PROC), pid), STAT);
        parent = 0;
        int descriptor = libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (descriptor < 0) {
            return ABSENT;
        }
        int length = read(descriptor, STAT_BYTES);
        libc.close(descriptor);
        // The command's name stands in parentheses and may itself hold any character, so the last one closes it.
        int close = length - 1;
        while (close >= 0 && text[close] != ')') {
            close--;
        }
        if (close < 0 || close + 4 >= length) {
            return ABSENT;
        }
        for (int i = close + 4; i < length && text[i] >= '0'; i++) {
            parent = parent * 10 + (text[i] - '0');
        }
        return text[close + 2];
    }

    /** The parent of the process last asked for by {@link #state}; 0 when it was absent. */
    int parent() {
        return parent;
    }

    private int read(int descriptor, int atMost) {
        int length = (int) libc.read(descriptor, buffer, atMost);
        if (length > 0) {
            MemorySegment.copy(buffer, JAVA_BYTE, 0, text, 0, length);
        }
        return length;
    }

    private int append(int at, byte[] part) {
        MemorySegment.copy(part, 0, path, JAVA_BYTE, at, part.length);
        return at + part.length;
    }

    private int number(int at, int value) {
        int digits = 1;
        for (int rest = value; rest >= 10; rest /= 10) {
            digits++;
        }
        int rest = value;
        for (int i = digits - 1; i >= 0; i--) {
            path.set(JAVA_BYTE, at + i, (byte) ('0' + rest % 10));
            rest /= 10;
        }
        return at + digits;
    }
}
