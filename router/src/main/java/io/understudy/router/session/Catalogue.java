package io.understudy.router.session;

import io.understudy.router.back.Destination;
import io.understudy.router.back.ServerLogin;
import io.understudy.router.back.ServerPassword;
import io.understudy.router.back.Welcome;
import io.understudy.router.front.CatalogueQuery;
import io.understudy.router.topology.Topology;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The router's own log-in at the primary, one connection, for questions about roles. Owned by the event loop. */
final class Catalogue implements CatalogueQuery, Home {
    /** The most questions that wait. */
    static final int MOST_QUESTIONS = 10_000;

    private static final Duration LIMIT = Duration.ofSeconds(5);

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
    private boolean opening;

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
        next();
    }

    @Override
    public CompletionStage<List<List<@Nullable String>>> rows(String sql) {
        Question question = new Question(sql, new CompletableFuture<>());
        if (questions.size() >= MOST_QUESTIONS) {
            question.answer.completeExceptionally(
                    new IOException("more than " + MOST_QUESTIONS + " questions about roles wait"));
            return question.answer;
        }
        questions.add(question);
        state.loop()
                .schedule(
                        () -> {
                            if (questions.remove(question)) {
                                question.answer.completeExceptionally(
                                        new IOException("the primary's catalogue could not be asked within "
                                                + LIMIT.toSeconds() + " s"));
                            }
                        },
                        LIMIT.toMillis(),
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
        if (opening) {
            return;
        }
        opening = true;
        login.login(new Destination(at.database(), user, database, Optional.empty(), Map.of()), password)
                .whenComplete((@Nullable Welcome welcome, @Nullable Throwable failure) -> {
                    opening = false;
                    if (welcome == null) {
                        failed(failure);
                        return;
                    }
                    ServerConnection made = new ServerConnection(this, state, at, welcome);
                    made.begin();
                    server = made;
                    next();
                });
    }

    private void failed(@Nullable Throwable failure) {
        String why = failure == null ? "" : String.valueOf(failure.getMessage());
        state.log().warn("The router cannot log in as {} to read the catalogue: {}", user, why);
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
