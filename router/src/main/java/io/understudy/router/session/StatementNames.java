package io.understudy.router.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A client's prepared statements by the names it gave them, one namespace for those of messages and those of SQL, as in
 * PostgreSQL. Looking up allocates nothing. Owned by the event loop.
 */
final class StatementNames {
    /** The most names of one client; who needs more is refused. */
    static final int MOST = 100_000;

    private static final int FIRST_CAPACITY = 8;

    private record Entry(byte[] name, int hash, Prepared prepared) {}

    private @Nullable Entry[] entries = new Entry[FIRST_CAPACITY];
    private int size;
    private long bytes;
    private boolean closed;
    private final StatementMemory memory;

    StatementNames(StatementMemory memory) {
        this.memory = memory;
    }

    int size() {
        return size;
    }

    /** What its statements take, in bytes. */
    long bytes() {
        return bytes;
    }

    private void held(Prepared prepared) {
        bytes += prepared.bytes();
        memory.held(prepared);
    }

    private void released(Prepared prepared) {
        bytes -= prepared.bytes();
        memory.released(prepared);
    }

    boolean isFull() {
        return size >= MOST;
    }

    /** What the name in {@code buffer} stands for; null when the client prepared nothing of that name. */
    @Nullable
    Prepared find(ByteBuf buffer, int from, int length) {
        if (size == 0) {
            return null;
        }
        int hash = hash(buffer, from, length);
        for (int at = hash & (entries.length - 1); ; at = (at + 1) & (entries.length - 1)) {
            Entry entry = entries[at];
            if (entry == null) {
                return null;
            }
            if (entry.hash == hash && same(entry.name, buffer, from, length)) {
                return entry.prepared;
            }
        }
    }

    @Nullable
    Prepared find(byte[] name) {
        return find(Unpooled.wrappedBuffer(name), 0, name.length);
    }

    void put(byte[] name, Prepared prepared) {
        if (closed) {
            return;
        }
        remove(name);
        if (2 * (size + 1) > entries.length) {
            grow();
        }
        insert(new Entry(name, hash(Unpooled.wrappedBuffer(name), 0, name.length), prepared));
        size++;
        held(prepared);
    }

    void remove(byte[] name) {
        int mask = entries.length - 1;
        for (int at = hash(Unpooled.wrappedBuffer(name), 0, name.length) & mask; ; at = (at + 1) & mask) {
            Entry entry = entries[at];
            if (entry == null) {
                return;
            }
            if (Arrays.equals(entry.name, name)) {
                entries[at] = null;
                size--;
                released(entry.prepared);
                moveUp((at + 1) & mask);
                return;
            }
        }
    }

    /** Those that had to stand further on because of one that is gone. */
    private void moveUp(int begin) {
        for (int at = begin; ; at = (at + 1) & (entries.length - 1)) {
            Entry entry = entries[at];
            if (entry == null) {
                return;
            }
            entries[at] = null;
            insert(entry);
        }
    }

    /** The name stands for another statement from now on, if it still stands for {@code from}. */
    void replace(byte[] name, Prepared from, Prepared to) {
        if (find(name) == from) {
            put(name, to);
        }
    }

    /** Every name stands for another statement from now on. */
    void replaceAll(UnaryOperator<Prepared> change) {
        for (int i = 0; i < entries.length; i++) {
            Entry entry = entries[i];
            if (entry != null) {
                Prepared changed = change.apply(entry.prepared);
                entries[i] = new Entry(entry.name, entry.hash, changed);
                held(changed);
                released(entry.prepared);
            }
        }
    }

    /** Its client is gone: what a server takes back later is noted by nobody any more. */
    void close() {
        clear();
        closed = true;
    }

    void clear() {
        for (Entry entry : entries) {
            if (entry != null) {
                released(entry.prepared);
            }
        }
        entries = new Entry[FIRST_CAPACITY];
        size = 0;
    }

    /** The name under which the client knows what servers call {@code serverName}; null when it knows no such statement. */
    @Nullable
    String nameOf(String serverName) {
        for (Entry entry : entries) {
            if (entry != null && entry.prepared.serverName.equals(serverName)) {
                return new String(entry.name, StandardCharsets.ISO_8859_1);
            }
        }
        return null;
    }

    private void grow() {
        @Nullable Entry[] all = entries;
        entries = new Entry[2 * all.length];
        for (Entry entry : all) {
            if (entry != null) {
                insert(entry);
            }
        }
    }

    private void insert(Entry entry) {
        int at = entry.hash & (entries.length - 1);
        while (entries[at] != null) {
            at = (at + 1) & (entries.length - 1);
        }
        entries[at] = entry;
    }

    private static boolean same(byte[] name, ByteBuf buffer, int from, int length) {
        if (name.length != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (name[i] != buffer.getByte(from + i)) {
                return false;
            }
        }
        return true;
    }

    private static int hash(ByteBuf buffer, int from, int length) {
        int hash = 7;
        for (int i = 0; i < length; i++) {
            hash = 31 * hash + buffer.getByte(from + i);
        }
        return hash ^ (hash >>> 15);
    }
}
