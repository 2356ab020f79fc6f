package io.understudy.router.session;

import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What a server still owes, in order, with a note on each for when it fails. Grows to what a client pipelines; empty between
 * transactions. Owned by the event loop.
 */
final class ReplyQueue {
    /** More than this in flight, and the client is read no further. */
    static final int MOST = 1 << 16;

    private static final int FIRST_CAPACITY = 16;

    /** What a burst needed beyond this is given up when it is over. */
    private static final int KEPT_CAPACITY = 1024;

    private @Nullable Awaited[] awaited = new Awaited[FIRST_CAPACITY];
    private @Nullable Object[] notes = new Object[FIRST_CAPACITY];
    private boolean[] commits = new boolean[FIRST_CAPACITY];
    private int head;
    private int size;
    private int readies;

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    /** How many ReadyForQuery are still to come. */
    int readies() {
        return readies;
    }

    /** The next one; null when nothing is owed. */
    @Nullable
    Awaited first() {
        return awaited[head];
    }

    @Nullable
    Object firstNote() {
        return notes[head];
    }

    /**
     * Whether a COMMIT may be what the server is at: it is among what ends with the next ReadyForQuery. More is not known, because a server
     * keeps its answers to a batch until it has done all of it.
     */
    boolean mayBeCommitting() {
        for (int i = 0; i < size; i++) {
            int at = (head + i) & (awaited.length - 1);
            Awaited kind = awaited[at];
            if (commits[at]) {
                return true;
            }
            if (kind != null && kind.endsWithReady()) {
                return false;
            }
        }
        return false;
    }

    void add(Awaited kind, @Nullable Object note, boolean commit) {
        if (size == awaited.length) {
            grow();
        }
        int at = (head + size) & (awaited.length - 1);
        awaited[at] = kind;
        notes[at] = note;
        commits[at] = commit;
        size++;
        if (kind.endsWithReady()) {
            readies++;
        }
    }

    void removeFirst() {
        Awaited gone = awaited[head];
        if (gone == null) {
            throw new IllegalStateException("nothing is owed");
        }
        if (gone.endsWithReady()) {
            readies--;
        }
        awaited[head] = null;
        notes[head] = null;
        head = (head + 1) & (awaited.length - 1);
        size--;
        if (size == 0 && awaited.length > KEPT_CAPACITY) {
            awaited = new Awaited[FIRST_CAPACITY];
            notes = new Object[FIRST_CAPACITY];
            commits = new boolean[FIRST_CAPACITY];
            head = 0;
        }
    }

    /**
     * A copy from the client began by the first one: the server overlooks what asks for ReadyForQuery until the copy ends, so nothing
     * of it up to there is owed. Returns whether the copy's end was sent already.
     */
    boolean overlookSyncs() {
        int kept = 1;
        boolean copying = true;
        for (int i = 1; i < size; i++) {
            int at = (head + i) & (awaited.length - 1);
            Awaited kind = awaited[at];
            Object note = notes[at];
            copying &= kind != Awaited.COPY_END;
            if (copying && kind == Awaited.SYNC) {
                readies--;
                continue;
            }
            int target = (head + kept) & (awaited.length - 1);
            awaited[target] = kind;
            notes[target] = note;
            commits[target] = commits[at];
            kept++;
        }
        for (int i = kept; i < size; i++) {
            int at = (head + i) & (awaited.length - 1);
            awaited[at] = null;
            notes[at] = null;
        }
        size = kept;
        return !copying;
    }

    /** The note of each thing that is owed, the last first. */
    void eachNoteFromTheLast(BiConsumer<Awaited, Object> taker) {
        for (int i = size - 1; i >= 0; i--) {
            int at = (head + i) & (awaited.length - 1);
            Awaited kind = awaited[at];
            Object note = notes[at];
            if (kind != null && note != null) {
                taker.accept(kind, note);
            }
        }
    }

    private void grow() {
        @Nullable Awaited[] more = new Awaited[size * 2];
        @Nullable Object[] moreNotes = new Object[size * 2];
        boolean[] moreCommits = new boolean[size * 2];
        for (int i = 0; i < size; i++) {
            int at = (head + i) & (awaited.length - 1);
            more[i] = awaited[at];
            moreNotes[i] = notes[at];
            moreCommits[i] = commits[at];
        }
        awaited = more;
        notes = moreNotes;
        commits = moreCommits;
        head = 0;
    }
}
