package io.understudy.router.session;

import io.understudy.router.sql.CommandTag;
import io.understudy.router.sql.CustomSettings;
import io.understudy.router.sql.Pin;
import io.understudy.router.sql.SessionSettings;
import io.understudy.router.sql.SessionState;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a client's session holds beyond its transactions: some of it follows the client from one server connection to the next (its
 * settings and prepared statements), some of it pins the client to one. Owned by the event loop.
 */
final class Belongings {
    private static final String ROLE = "role";
    private static final int MOST_CUSTOM_SETTINGS = 1000;
    private static final Pin UNNAMED_SETTINGS =
            new Pin("set_config of a name that is not in the query's text, more than " + MOST_CUSTOM_SETTINGS
                    + " names that may be settings, or a query too long to be read; DISCARD ALL ends it");

    private final RouterState state;
    private final SessionSettings startSettings;
    private SessionSettings settings;
    private @Nullable StatementNames names;
    private @Nullable Prepared unnamed;
    private List<Pin> pins = List.of();
    private long pinnedSince;
    private Set<String> customSettings;
    private boolean suspicious;
    private boolean unnamedSettings;

    Belongings(RouterState state, SessionSettings startSettings) {
        this.state = state;
        this.startSettings = startSettings;
        this.settings = startSettings;
        // A role from the start may have been given up since, and only the server's word about it tells.
        this.customSettings = startSettings.values().containsKey(ROLE) ? Set.of(ROLE) : Set.of();
    }

    SessionSettings startSettings() {
        return startSettings;
    }

    /** What a server connection is to be set to for this client. */
    SessionSettings settings() {
        return settings;
    }

    // Prepared statements

    /** The client's prepared statements by its own names. */
    StatementNames names() {
        StatementNames known = names;
        if (known == null) {
            known = new StatementNames(state.statementMemory());
            names = known;
        }
        return known;
    }

    int preparedStatements() {
        return names == null ? 0 : names.size();
    }

    boolean hasNames() {
        return names != null && names.size() > 0;
    }

    /** Null when the client has none, or one that the router does not know. */
    @Nullable
    Prepared unnamed() {
        return unnamed;
    }

    void unnamedIs(@Nullable Prepared prepared) {
        unnamed = prepared;
    }

    void statementsForgotten() {
        StatementNames known = names;
        if (known != null) {
            known.clear();
        }
        names = null;
        unnamed = null;
    }

    /** The session is over. */
    void end() {
        names().close();
        unnamed = null;
    }

    /**
     * Whether what a text means here may be what it means to no other client: something of a session is on the server connection (a
     * temporary table hides another), or settings that the router has not been told yet.
     */
    boolean decidesAlone() {
        return suspicious || isPinned();
    }

    // What may be left on a server

    /** Whether the server is to be asked what the session left there. */
    boolean isSuspicious() {
        return suspicious;
    }

    void suspect() {
        suspicious = true;
    }

    /** A prepared statement is about to run, or to be prepared. */
    void willRun(Prepared prepared) {
        if ((prepared.suspicion & SimpleQueries.LEAVES_STATE) != 0) {
            suspicious = true;
        }
        mayHave(prepared.customSettings);
    }

    /** A command was completed. */
    void completed(CommandTag tag) {
        if (tag == CommandTag.DISCARD_ALL) {
            unnamedSettings = false;
        }
        if (Tags.leavesState(tag) || (!pins.isEmpty() && Tags.mayEndPin(tag))) {
            suspicious = true;
        }
    }

    /** Settings of the application's own, whose names only a statement's text tells. */
    Set<String> customSettings() {
        return customSettings;
    }

    /** A text may set settings of the application's own. */
    void mayHave(CustomSettings more) {
        if (more.others()) {
            mayHaveUnnamed();
        }
        if (!customSettings.containsAll(more.names())) {
            Set<String> all = new HashSet<>(customSettings);
            all.addAll(more.names());
            if (all.size() > MOST_CUSTOM_SETTINGS) {
                // Most of them stand in strings and are no settings; which, nobody can ask for so many.
                mayHaveUnnamed();
                return;
            }
            customSettings = all;
        }
    }

    /** Something may have set settings of the application's own whose names nobody told: they cannot be asked for. */
    void mayHaveUnnamed() {
        unnamedSettings = true;
        suspicious = true;
    }

    /** The server is being asked. */
    void look() {
        suspicious = false;
    }

    /** The server told what the session holds. */
    void found(SessionState held) {
        SessionSettings before = settings;
        settings = state.settingsOver(startSettings, held.settings());
        StatementNames known = names;
        if (known != null && settings != before && !ParseSettings.of(settings).equals(ParseSettings.of(before))) {
            // Prepared somewhere else, their texts may mean something else now, which is nobody else's concern.
            known.replaceAll(prepared ->
                    prepared.parseTail == null ? prepared : state.texts().fresh(prepared));
        }
        List<Pin> found = new ArrayList<>(held.pins());
        if (unnamedSettings) {
            found.add(UNNAMED_SETTINGS);
        }
        pinsAre(List.copyOf(found));
    }

    /** It could not be asked: until it can be, everything may be there. */
    void unreadable(String error) {
        suspicious = true;
        pinsAre(List.of(new Pin("its state could not be read: " + error)));
    }

    private void pinsAre(List<Pin> found) {
        if (pins.isEmpty()) {
            pinnedSince = System.nanoTime();
        }
        pins = found;
    }

    /** Why the client cannot leave its server connection between transactions; empty when it can. */
    List<Pin> pins() {
        return pins;
    }

    boolean isPinned() {
        return !pins.isEmpty();
    }

    /** By {@link System#nanoTime}; says nothing when there is no pin. */
    long pinnedSince() {
        return pinnedSince;
    }
}
