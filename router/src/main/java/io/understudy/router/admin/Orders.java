package io.understudy.router.admin;

import io.netty.channel.EventLoop;
import io.understudy.router.RouterSettings.Operators;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Carries out one operator's commands, one at a time. Owned by the event loop. */
final class Orders {
    /** Of a command that was begun; one of both is called, once, within {@link #begin} or later. */
    interface Completion {
        void done();

        void failed(CommandException why);
    }

    private final Operations operations;
    private final EventLoop loop;
    private final String user;
    private final Answers answers;
    private @Nullable Pausing pausing;

    Orders(Operations operations, EventLoop loop, String user, Answers answers) {
        this.operations = operations;
        this.loop = loop;
        this.user = user;
        this.answers = answers;
    }

    /** Whether the role may log in at all. */
    static boolean mayLook(Operators operators, String user) {
        return operators.admins().contains(user) || operators.observers().contains(user);
    }

    /** Anything but {@link Command.Show}, which the session answers itself. */
    void begin(Command command, Completion completion) {
        if (!(command instanceof Command.Ignored)
                && !operations.settings().operators().admins().contains(user)) {
            completion.failed(new CommandException(
                    "42501",
                    "role \"%s\" may not %s here, only SHOW".formatted(user, command.tag()),
                    "admin-users in the router's configuration names who may; it is "
                            + String.join(
                                    ", ", operations.settings().operators().admins()) + "."));
            return;
        }
        switch (command) {
            case Command.Show _, Command.Ignored _ -> completion.done();
            case Command.Pause(Scope scope) -> pause(scope, completion);
            case Command.Resume(Scope scope) -> resume(scope, completion);
            case Command.Reconnect(Scope scope) -> {
                noticeIfUnknown(scope);
                int count = operations.reconnect(scope);
                answers.notice(count + " server connections are replaced as they become free");
                completion.done();
            }
            case Command.Reload _ -> reload(completion);
        }
    }

    private void noticeIfUnknown(Scope scope) {
        if (scope instanceof Scope.Database(String name) && !operations.isKnown(name)) {
            answers.notice("no client and no server connection is there for database \"%s\"".formatted(name));
        }
    }

    private void pause(Scope scope, Completion completion) {
        noticeIfUnknown(scope);
        Duration limit = operations.settings().queueTimeout();
        Pausing begun = new Pausing(scope, limit, completion);
        pausing = begun;
        begun.begin();
    }

    private void resume(Scope scope, Completion completion) {
        if (scope instanceof Scope.All ? !operations.isAnythingPaused() : !operations.isPaused(scope)) {
            completion.failed(new CommandException(
                    "55000", scope + " is not paused", "SHOW POOLS says what is; PAUSE begins it."));
            return;
        }
        if (scope instanceof Scope.Database && operations.isPaused(new Scope.All())) {
            completion.failed(new CommandException(
                    "55000", scope + " is paused together with everything", "RESUME without a name ends that."));
            return;
        }
        operations.resume(scope);
        completion.done();
    }

    private void reload(Completion completion) {
        operations.reload().whenComplete((@Nullable Void read, @Nullable Throwable failure) -> {
            if (failure == null) {
                completion.done();
                return;
            }
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            completion.failed(
                    cause instanceof UnsupportedOperationException
                            ? new CommandException(
                                    "0A000",
                                    "nothing can be read again: " + cause.getMessage(),
                                    "What the program that runs it takes from its own configuration holds from its next start"
                                            + " on.")
                            : new CommandException(
                                    "F0000",
                                    "the settings stay as they are: " + cause.getMessage(),
                                    "Correct the file; understudy router --check reads it without changing anything."));
        });
    }

    /** A cancel request. */
    void cancel() {
        Pausing running = pausing;
        if (running != null) {
            running.giveUp(new CommandException("57014", "canceling PAUSE due to user request", "Service goes on."));
        }
    }

    /** A command to pause that waits until nothing runs. */
    private final class Pausing implements Operations.Waiter {
        private final Scope scope;
        private final Duration limit;
        private final Completion completion;
        private Operations.Paused ordered = Operations.Paused.BEFORE;

        Pausing(Scope scope, Duration limit, Completion completion) {
            this.scope = scope;
            this.limit = limit;
            this.completion = completion;
        }

        void begin() {
            ordered = operations.pause(scope, this);
            if (ordered == Operations.Paused.TOO_MANY) {
                pausing = null;
                completion.failed(new CommandException(
                        "54000", "too many databases are paused one by one already", "PAUSE pauses all of them."));
            } else if (pausing == this) {
                answers.notice("waiting for what runs to end, for %d ms at the most: %s"
                        .formatted(limit.toMillis(), String.join(", ", operations.stillRunning(scope))));
                answers.flush();
                loop.schedule(this::tooLate, limit.toMillis(), TimeUnit.MILLISECONDS);
            }
        }

        @Override
        public void quiet() {
            pausing = null;
            completion.done();
        }

        @Override
        public void resumed() {
            pausing = null;
            completion.failed(
                    new CommandException("57014", "the pause was ended by RESUME before it was complete", ""));
        }

        private void tooLate() {
            giveUp(new CommandException(
                    "55006",
                    "not everything ended within %d ms: %s"
                            .formatted(limit.toMillis(), String.join(", ", operations.stillRunning(scope))),
                    "Service goes on. SHOW CLIENTS tells what they do; queue-timeout is how long PAUSE waits."));
        }

        /** Either the pause is complete or there is none: clients do not queue for what nobody waits for any more. */
        private void giveUp(CommandException why) {
            if (pausing != this) {
                return;
            }
            pausing = null;
            operations.forget(this);
            if (ordered == Operations.Paused.NOW) {
                operations.withdraw(scope);
            }
            completion.failed(why);
        }
    }
}
