package io.understudy.router.session;

import io.understudy.router.back.Destination;
import io.understudy.router.back.LoginAttempt;
import io.understudy.router.back.ServerLogin;
import io.understudy.router.back.ServerPassword;
import io.understudy.router.back.ServerRefusedException;
import io.understudy.router.back.Welcome;
import io.understudy.router.front.CatalogueQuery;
import io.understudy.router.topology.Topology;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The router's own log-in at the primary, one connection, for questions about roles. Owned by the event loop. */
final class Catalogue implements CatalogueQuery, Home {
    /** The most questions that wait. */
    static final int MOST_QUESTIONS = 10_000;

    private static final Duration AGAIN = Duration.ofMillis(100);

    private record Question(String sql, CompletableFuture<List<List<@Nullable String>>> answer) {}

    private final RouterState state;
    private final ServerLogin login;
    private final String user;
    private final String database;
    private final ServerPassword password;
    private final ArrayDeque<Question> questions = new ArrayDeque<>();
    private final Figures figures = new Figures();
    private Topology.@Nullable Primary primary;
    private @Nullable ServerConnection server;
    private @Nullable LoginAttempt opening;
    private Topology.@Nullable Primary openingAt;
    private String lastProblem = "";

    Catalogue(RouterState state, ServerLogin login, String user, String database, ServerPassword password) {
        this.state = state;
        this.login = login;
        this.user = user;
        this.database = database;
        this.password = password;
    }

    /** Null while there is no primary: questions wait. */
    void primaryIs(Topology.@Nullable Primary now) {
        primary = now;
        ServerConnection old = server;
        if (old != null && !old.primary().equals(now)) {
            server = null;
            old.channel().close();
        }
        LoginAttempt attempt = opening;
        if (attempt != null && !Objects.equals(openingAt, now)) {
            // It may wait for a host that is gone, and would ask a former primary. The questions wait for the new one.
            opening = null;
            attempt.abandon();
        }
        next();
    }

    @Override
    public CompletionStage<List<List<@Nullable String>>> rows(String sql) {
        // What the router asks goes out as raw bytes.
        String raw = new String(sql.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        Question question = new Question(raw, new CompletableFuture<>());
        if (questions.size() >= MOST_QUESTIONS) {
            question.answer.completeExceptionally(
                    new IOException("more than " + MOST_QUESTIONS + " questions about roles wait"));
            return question.answer;
        }
        questions.add(question);
        Duration limit = state.settings().loginTimeout();
        state.loop()
                .schedule(
                        () -> {
                            if (questions.remove(question)) {
                                question.answer.completeExceptionally(
                                        new IOException("the primary's catalogue could not be asked within "
                                                + limit.toSeconds() + " s"
                                                + (lastProblem.isEmpty() ? "" : ": " + lastProblem)));
                            }
                        },
                        limit.toMillis(),
                        TimeUnit.MILLISECONDS);
        next();
        return question.answer;
    }

    private void next() {
        ServerConnection open = server;
        Topology.Primary at = primary;
        if (questions.isEmpty() || at == null) {
            return;
        }
        if (open == null || !open.isOpen()) {
            open(at);
            return;
        }
        if (open.own().isRunning()) {
            return;
        }
        Question question = questions.remove();
        open.own().ask(question.sql, answer -> {
            if (answer.failed()) {
                question.answer.completeExceptionally(
                        new IOException("the primary's catalogue does not answer: " + answer.error()));
            } else {
                question.answer.complete(answer.rows());
            }
            next();
        });
    }

    private void open(Topology.Primary at) {
        if (opening != null) {
            return;
        }
        LoginAttempt attempt =
                login.login(new Destination(at.database(), user, database, Optional.empty(), Map.of()), password);
        opening = attempt;
        openingAt = at;
        attempt.outcome().whenComplete((@Nullable Welcome welcome, @Nullable Throwable failure) -> {
            if (opening == attempt) {
                opening = null;
                opened(at, welcome, failure);
            }
        });
    }

    private void opened(Topology.Primary at, @Nullable Welcome welcome, @Nullable Throwable failure) {
        if (welcome == null) {
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            if (cause != null && isPassing(cause)) {
                again(String.valueOf(cause.getMessage()));
            } else {
                failed(cause == null ? "" : String.valueOf(cause.getMessage()));
            }
            return;
        }
        ServerConnection made = new ServerConnection(this, state, at, welcome);
        made.begin();
        if (made.isReplica()) {
            made.close();
            again("the server at " + at.database() + " is a replica, not the primary");
            return;
        }
        lastProblem = "";
        server = made;
        next();
    }

    /** The primary is gone and another not known yet, or it starts: the questions wait, each for as long as it may. */
    private static boolean isPassing(Throwable cause) {
        return cause instanceof ServerRefusedException refusal
                ? refusal.fields().sqlState().startsWith("53")
                        || refusal.fields().sqlState().startsWith("57P")
                : cause instanceof IOException;
    }

    private void again(String why) {
        if (!why.equals(lastProblem)) {
            warn(why);
        }
        lastProblem = why;
        state.loop().schedule(this::next, AGAIN.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void warn(String why) {
        state.log().warn("The router cannot log in as {} to read the catalogue: {}", user, why);
    }

    private void failed(String why) {
        warn(why);
        while (!questions.isEmpty()) {
            questions
                    .remove()
                    .answer
                    .completeExceptionally(new IOException("the router cannot log in as " + user + ": " + why));
        }
    }

    @Override
    public void giveBack(ServerConnection given) {
        next();
    }

    @Override
    public Figures figures() {
        return figures;
    }

    @Override
    public void closed(ServerConnection gone) {
        if (server == gone) {
            server = null;
            next();
        }
    }

    void close() {
        ServerConnection open = server;
        if (open != null) {
            open.close();
        }
    }

    @Override
    public String toString() {
        return user + "@" + database;
    }
}
