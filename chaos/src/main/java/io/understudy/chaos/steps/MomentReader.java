package io.understudy.chaos.steps;

import com.sun.jdi.Value;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Tells from the entered methods of one agent which moment it is at. Owned by the thread that receives its events. */
final class MomentReader {

    private @Nullable String step;
    private long stepThread;
    private @Nullable String proposed;
    private long proposedFor = -1;

    /** What {@code probe} entered with these arguments, on {@code thread}, tells; empty when it is nothing of interest. */
    Optional<Moment> entered(Probe probe, long thread, List<Value> arguments) {
        return switch (probe) {
            case ACT -> began(thread, Mirrored.typeOf(arguments.getFirst()));
            case SUCCEEDED -> ended(thread);
            case FAILED -> failed(thread);
            case PROPOSE -> proposes(arguments.getFirst());
            case TELL -> tells(arguments.getFirst());
            case JOURNAL ->
                isBeginningOrEnd(arguments)
                        ? Optional.empty()
                        : within(thread).map(now -> Moment.in(now, effect(probe, arguments)));
            case FILE, MOVE, SQL, PROGRAM, GUARD_START, GUARD_SIGNAL, GUARD_TERMINATE, GUARD_KILL, GUARD_DISARM ->
                within(thread).map(now -> Moment.in(now, effect(probe, arguments)));
        };
    }

    /** Those entries are what is between {@code before} and the first effect, and between the last and {@code after}. */
    private static boolean isBeginningOrEnd(List<Value> entry) {
        return !Mirrored.text(entry.getFirst()).equals("noted");
    }

    private Optional<Moment> began(long thread, String name) {
        step = name;
        stepThread = thread;
        return Optional.of(Moment.before(name));
    }

    private Optional<Moment> ended(long thread) {
        Optional<Moment> moment = within(thread).map(Moment::after);
        step = null;
        return moment;
    }

    private Optional<Moment> failed(long thread) {
        Optional<Moment> moment = within(thread).map(Moment::failed);
        step = null;
        return moment;
    }

    private Optional<String> within(long thread) {
        return thread == stepThread ? Optional.ofNullable(step) : Optional.empty();
    }

    /** It is looked at again and again until the ledger has taken it: only the first time counts. */
    private Optional<Moment> proposes(@Nullable Value entry) {
        Value proposal = Mirrored.field(entry, "proposal");
        String rule = Mirrored.text(Mirrored.field(proposal, "rule"));
        long version = Mirrored.number(proposal, "version");
        if (rule.isEmpty() || version == proposedFor) {
            return Optional.empty();
        }
        proposed = rule;
        proposedFor = version;
        return Optional.of(Moment.before(Moment.DECISION + rule));
    }

    private Optional<Moment> tells(@Nullable Value state) {
        String rule = proposed;
        if (rule == null || Mirrored.number(state, "version") <= proposedFor) {
            return Optional.empty();
        }
        proposed = null;
        return Optional.of(Moment.after(Moment.DECISION + rule));
    }

    private static String effect(Probe probe, List<Value> arguments) {
        return switch (probe) {
            case JOURNAL ->
                "the journal's '" + Mirrored.text(arguments.get(0)) + " " + Mirrored.text(arguments.get(1)) + "'";
            case FILE -> "writing " + Mirrored.fileName(arguments.getFirst());
            case MOVE -> "moving to " + Mirrored.fileName(arguments.get(1));
            case SQL -> "'" + Mirrored.statement(arguments.getFirst()) + "'";
            case PROGRAM -> "a program";
            case GUARD_START -> "starting the server";
            case GUARD_SIGNAL -> "telling the server to " + Mirrored.constant(arguments.getFirst());
            case GUARD_TERMINATE -> "ending a process of the server";
            case GUARD_KILL -> "killing the server";
            case GUARD_DISARM -> "disarming the guard";
            case ACT, SUCCEEDED, FAILED, PROPOSE, TELL ->
                throw new IllegalArgumentException(probe + " is no effect inside a step");
        };
    }
}
