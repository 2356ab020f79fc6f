package io.understudy.router.front;

import io.understudy.protocol.postgres.ScramVerifier;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the primary keeps of the roles' passwords, remembered for a few seconds. Owned by the event loop; a restart forgets all of it.
 *
 * <p>No keys are kept here: what a proof gives away goes to {@link Identity}.
 */
public final class Verifiers {
    /** How old an answer may be: a changed password is known after this time at the latest, an expired one is refused. */
    public static final Duration TIME_TO_LIVE = Duration.ofSeconds(5);

    /** The most roles remembered. */
    static final int MAX_ENTRIES = 10_000;

    /** The most roles asked about at a time: names are free to invent for whoever knocks. */
    static final int MAX_QUESTIONS = 256;

    private static final int SECRET_BYTES = 32;

    /**
     * What a role may do here.
     *
     * @param verifier a decoy when it may not log in with a password
     * @param refusal why not, for the log and not for the client; empty when it may
     */
    record Standing(ScramVerifier verifier, String refusal) {}

    private record Known(Standing standing, long askedNanos) {}

    private final CatalogueQuery catalogue;
    private final LongSupplier nanoTime;
    private final byte[] decoySecret;
    private final Map<String, CompletableFuture<Standing>> questions = new HashMap<>();
    private final Map<String, Known> entries = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Known> eldest) {
            return size() > MAX_ENTRIES;
        }
    };

    /**
     * Verifiers with a secret of this process' own for roles that do not exist.
     *
     * @param catalogue asks in UTF-8
     */
    public Verifiers(CatalogueQuery catalogue) {
        this(catalogue, randomSecret(), System::nanoTime);
    }

    /** @param decoySecret see {@link ScramVerifier#decoy}; the same on every node of a cluster if it can be */
    public Verifiers(CatalogueQuery catalogue, byte[] decoySecret, LongSupplier nanoTime) {
        this.catalogue = catalogue;
        this.decoySecret = decoySecret.clone();
        this.nanoTime = nanoTime;
    }

    private static byte[] randomSecret() {
        byte[] secret = new byte[SECRET_BYTES];
        new SecureRandom().nextBytes(secret);
        return secret;
    }

    /**
     * How the role stands; asked for once however many want to know.
     *
     * @return completes on the event loop; exceptionally with an {@link IOException} when the primary can not be asked
     */
    CompletionStage<Standing> of(String user) {
        Known known = entries.get(user);
        if (known != null && nanoTime.getAsLong() - known.askedNanos < TIME_TO_LIVE.toNanos()) {
            return CompletableFuture.completedStage(known.standing);
        }
        CompletableFuture<Standing> asked = questions.get(user);
        if (asked != null) {
            return asked;
        }
        if (questions.size() >= MAX_QUESTIONS) {
            return CompletableFuture.failedStage(new IOException(
                    "%d roles are being looked up already; the next ones are turned away".formatted(MAX_QUESTIONS)));
        }
        return ask(user);
    }

    private CompletionStage<Standing> ask(String user) {
        CompletableFuture<Standing> question = new CompletableFuture<>();
        questions.put(user, question);
        long askedNanos = nanoTime.getAsLong();
        catalogue
                .rows(question(user))
                .whenComplete((@Nullable List<List<@Nullable String>> rows, @Nullable Throwable failure) -> {
                    boolean wanted = questions.remove(user, question);
                    if (failure != null || rows == null) {
                        question.completeExceptionally(failure == null ? new IOException("no answer") : failure);
                        return;
                    }
                    Standing standing = standing(user, rows);
                    if (wanted) {
                        entries.put(user, new Known(standing, askedNanos));
                    }
                    question.complete(standing);
                });
        return question;
    }

    /** Forgets a role: its proof failed here, or a server did not take its keys. An answer under way is not remembered either. */
    public void evict(String user) {
        entries.remove(user);
        questions.remove(user);
    }

    /** Forgets everybody: there is another primary. */
    public void evictAll() {
        entries.clear();
        questions.clear();
    }

    /** The comparison is the server's: its clock counts, and it knows what infinity is. */
    static String question(String user) {
        return "SELECT a.rolcanlogin, a.rolpassword,"
                + " a.rolvaliduntil IS NULL OR a.rolvaliduntil OPERATOR(pg_catalog.>=) pg_catalog.now()"
                + " FROM pg_catalog.pg_authid a WHERE a.rolname OPERATOR(pg_catalog.=) " + literal(user)
                + "::pg_catalog.name";
    }

    /** An E'' literal means the same whatever standard_conforming_strings is. */
    static String literal(String text) {
        return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'";
    }

    private Standing standing(String user, List<List<@Nullable String>> rows) {
        if (rows.isEmpty()) {
            return refused(user, "there is no such role");
        }
        List<@Nullable String> row = rows.getFirst();
        String password = row.get(1);
        if (!"t".equals(row.getFirst())) {
            return refused(user, "the role may not log in");
        }
        if (password == null) {
            return refused(user, "the role has no password");
        }
        if (!"t".equals(row.get(2))) {
            return refused(user, "the role's password has expired");
        }
        if (!password.startsWith(ScramVerifier.PREFIX)) {
            return refused(
                    user,
                    "the role's password is kept as an MD5 digest, not as a SCRAM verifier;"
                            + " set it again under password_encryption = 'scram-sha-256'");
        }
        try {
            return new Standing(ScramVerifier.parse(password), "");
        } catch (IllegalArgumentException e) {
            return refused(user, String.valueOf(e.getMessage()));
        }
    }

    private Standing refused(String user, String why) {
        return new Standing(ScramVerifier.decoy(decoySecret, user), why);
    }
}
