package io.understudy.chaos.steps;

import com.sun.jdi.Bootstrap;
import com.sun.jdi.IncompatibleThreadStateException;
import com.sun.jdi.Method;
import com.sun.jdi.ReferenceType;
import com.sun.jdi.StackFrame;
import com.sun.jdi.ThreadReference;
import com.sun.jdi.VMDisconnectedException;
import com.sun.jdi.VirtualMachine;
import com.sun.jdi.connect.AttachingConnector;
import com.sun.jdi.connect.Connector;
import com.sun.jdi.connect.IllegalConnectorArgumentsException;
import com.sun.jdi.event.BreakpointEvent;
import com.sun.jdi.event.ClassPrepareEvent;
import com.sun.jdi.event.Event;
import com.sun.jdi.event.EventSet;
import com.sun.jdi.event.StepEvent;
import com.sun.jdi.request.BreakpointRequest;
import com.sun.jdi.request.ClassPrepareRequest;
import com.sun.jdi.request.EventRequest;
import com.sun.jdi.request.EventRequestManager;
import com.sun.jdi.request.StepRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * One agent under the JDK's debugger interface. At every moment of interest all its threads are held and a listener is asked
 * whether they may go on; while it is held nothing changes in it, and it can be killed exactly there.
 */
final class HeldAgent implements AutoCloseable {

    private static final Duration ATTACHING = Duration.ofSeconds(10);
    private static final Duration LOOK = Duration.ofMillis(5);
    private static final Duration ENDING = Duration.ofSeconds(5);
    private static final String PROBE = "probe";
    private static final String MOMENT = "moment";

    private final VirtualMachine machine;
    private final Listener listener;
    private final MomentReader reader = new MomentReader();
    private final Map<Long, StepRequest> returning = new HashMap<>();
    private final Thread thread;

    /** Asked at every moment, on this agent's own thread. */
    interface Listener {
        Answer at(Moment moment);
    }

    /** Whether an agent goes on. */
    enum Answer {
        GO_ON,
        /** It stays where it is for good. */
        HOLD
    }

    private HeldAgent(VirtualMachine machine, String name, Listener listener) {
        this.machine = machine;
        this.listener = listener;
        thread = Thread.ofPlatform().daemon().name("debugger-of-" + name).unstarted(this::run);
    }

    /**
     * Attaches to the JVM that listens at {@code port} on loopback, or will in a moment.
     *
     * @throws IOException when it does not listen within ten seconds
     */
    static HeldAgent attach(String name, int port, Listener listener) throws IOException, InterruptedException {
        AttachingConnector connector = Bootstrap.virtualMachineManager().attachingConnectors().stream()
                .filter(found -> found.name().equals("com.sun.jdi.SocketAttach"))
                .findFirst()
                .orElseThrow();
        Map<String, Connector.Argument> arguments = connector.defaultArguments();
        argument(arguments, "hostname").setValue("127.0.0.1");
        argument(arguments, "port").setValue(Integer.toString(port));
        long deadline = System.nanoTime() + ATTACHING.toNanos();
        while (true) {
            try {
                HeldAgent attached = new HeldAgent(connector.attach(arguments), name, listener);
                attached.begin();
                return attached;
            } catch (IOException notYet) {
                if (deadline - System.nanoTime() < 0) {
                    throw new IOException(
                            "The agent of " + name + " does not answer a debugger at port " + port + " within "
                                    + ATTACHING.toSeconds() + " s",
                            notYet);
                }
                TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
            } catch (IllegalConnectorArgumentsException impossible) {
                throw new IllegalStateException(impossible);
            }
        }
    }

    private static Connector.Argument argument(Map<String, Connector.Argument> arguments, String name) {
        return Optional.ofNullable(arguments.get(name)).orElseThrow();
    }

    private void begin() {
        for (String type : Arrays.stream(Probe.values()).map(Probe::type).collect(Collectors.toSet())) {
            ClassPrepareRequest loading = machine.eventRequestManager().createClassPrepareRequest();
            loading.addClassFilter(type);
            loading.setSuspendPolicy(EventRequest.SUSPEND_EVENT_THREAD);
            loading.enable();
            machine.classesByName(type).stream()
                    .filter(ReferenceType::isPrepared)
                    .forEach(this::look);
        }
        thread.start();
    }

    private void look(ReferenceType type) {
        for (Probe probe : Probe.of(type.name())) {
            for (Method method : type.methodsByName(probe.method())) {
                if (probe.isIn(method)) {
                    BreakpointRequest entry = machine.eventRequestManager().createBreakpointRequest(method.location());
                    entry.setSuspendPolicy(EventRequest.SUSPEND_ALL);
                    entry.putProperty(PROBE, probe);
                    entry.enable();
                }
            }
        }
    }

    private void run() {
        try {
            Answer answer = Answer.GO_ON;
            while (answer == Answer.GO_ON) {
                EventSet events = machine.eventQueue().remove();
                for (Event event : events) {
                    if (answer == Answer.GO_ON) {
                        answer = at(event);
                    }
                }
                if (answer == Answer.GO_ON) {
                    events.resume();
                }
            }
        } catch (VMDisconnectedException | InterruptedException over) {
            // It ended, or nobody is interested any more.
            return;
        }
    }

    private Answer at(Event event) {
        return switch (event) {
            case ClassPrepareEvent loaded -> {
                look(loaded.referenceType());
                yield Answer.GO_ON;
            }
            case BreakpointEvent entered -> entered((Probe) entered.request().getProperty(PROBE), entered.thread());
            case StepEvent returned -> {
                StepRequest request = (StepRequest) returned.request();
                returning.remove(returned.thread().uniqueID());
                machine.eventRequestManager().deleteEventRequest(request);
                yield listener.at((Moment) request.getProperty(MOMENT));
            }
            default -> Answer.GO_ON;
        };
    }

    private Answer entered(Probe probe, ThreadReference at) {
        if (probe.isEffect() && returning.containsKey(at.uniqueID())) {
            // A part of an effect that is not over.
            return Answer.GO_ON;
        }
        Optional<Moment> moment = moment(probe, at);
        if (moment.isPresent() && probe.isEffect()) {
            tellReturn(moment.get(), at);
            return Answer.GO_ON;
        }
        return moment.map(listener::at).orElse(Answer.GO_ON);
    }

    private Optional<Moment> moment(Probe probe, ThreadReference at) {
        try {
            StackFrame frame = at.frame(0);
            return reader.entered(probe, at.uniqueID(), frame.getArgumentValues());
        } catch (IncompatibleThreadStateException impossible) {
            throw new IllegalStateException("A thread at a breakpoint is held", impossible);
        }
    }

    private void tellReturn(Moment moment, ThreadReference at) {
        StepRequest out =
                machine.eventRequestManager().createStepRequest(at, StepRequest.STEP_MIN, StepRequest.STEP_OUT);
        out.addCountFilter(1);
        out.setSuspendPolicy(EventRequest.SUSPEND_ALL);
        out.putProperty(MOMENT, moment);
        out.enable();
        returning.put(at.uniqueID(), out);
    }

    /** Leaves it alone: whatever is held goes on, if it is still there. */
    @Override
    public void close() throws InterruptedException {
        try {
            // One that is entered while the connection ends would be held for good, and nobody there to let it go.
            EventRequestManager requests = machine.eventRequestManager();
            requests.deleteAllBreakpoints();
            requests.deleteEventRequests(List.copyOf(requests.stepRequests()));
            requests.deleteEventRequests(List.copyOf(requests.classPrepareRequests()));
            machine.dispose();
        } catch (VMDisconnectedException gone) {
            // It was killed.
        }
        thread.join(ENDING);
    }
}
