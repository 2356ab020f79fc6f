package io.understudy.cli.local;

import io.understudy.cli.UnusableMachineException;
import io.understudy.core.cluster.NodeId;
import java.io.IOException;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * Every node in a network namespace of its own, joined to a bridge by a pair of virtual interfaces. A node is cut off by
 * taking its end off the bridge: the link stays up and what is sent vanishes, as behind a dead switch. Needs root and
 * {@code ip}; no packet filter.
 */
public final class Namespaces implements Network {

    private static final int FIRST_HOST = 11;
    private static final int FIRST_PORT = 7001;
    private static final int FIRST_SUBNET = 200;
    private static final int LAST_SUBNET = 254;
    private static final int COMMAND_SECONDS = 10;

    private final String subnet;
    private final String bridge;
    private final Map<NodeId, Integer> numbers = new HashMap<>();
    private final long tag = ProcessHandle.current().pid();

    private Namespaces(List<NodeId> nodes, String subnet) {
        this.subnet = subnet;
        this.bridge = "usb" + tag;
        for (NodeId node : nodes) {
            numbers.put(node, numbers.size());
        }
    }

    /**
     * Makes them, or says exactly what this machine lacks.
     *
     * @param wantedBy what asks for them, for that message
     */
    public static Namespaces make(String wantedBy, List<NodeId> nodes)
            throws UnusableMachineException, IOException, InterruptedException {
        requireFitMachine(wantedBy);
        Namespaces made = new Namespaces(nodes, freeSubnet(wantedBy));
        try {
            made.build(nodes);
        } catch (IOException refused) {
            made.close();
            throw new UnusableMachineException(
                    wantedBy + " needs network namespaces, and this machine refused one: " + refused.getMessage()
                            + ". In a container, run it with the NET_ADMIN and SYS_ADMIN capabilities.",
                    refused);
        }
        return made;
    }

    private static void requireFitMachine(String wantedBy) throws UnusableMachineException, IOException {
        List<String> missing = new ArrayList<>();
        if ((Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid") != 0) {
            missing.add("root (this process runs as '" + System.getProperty("user.name") + "'; run it with sudo)");
        }
        if (Arrays.stream((System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/sbin").split(":", -1))
                .noneMatch(directory -> Files.isExecutable(Path.of(directory, "ip")))) {
            missing.add("the program 'ip' (package iproute2)");
        }
        if (!missing.isEmpty()) {
            throw new UnusableMachineException(
                    wantedBy + " puts every node into a network namespace of its own. Missing: "
                            + String.join(", ", missing) + ".");
        }
    }

    private static String freeSubnet(String wantedBy) throws SocketException, UnusableMachineException {
        for (int third = FIRST_SUBNET; third <= LAST_SUBNET; third++) {
            String candidate = "10.203." + third + ".";
            if (NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .noneMatch(address -> address.getHostAddress().startsWith(candidate))) {
                return candidate;
            }
        }
        throw new UnusableMachineException(wantedBy + " needs one free network of 10.203." + FIRST_SUBNET
                + ".0/24 to 10.203." + LAST_SUBNET + ".0/24; all are in use.");
    }

    private void build(List<NodeId> nodes) throws IOException, InterruptedException {
        ip("link", "add", bridge, "type", "bridge");
        ip("addr", "add", outsideHost() + "/24", "dev", bridge);
        ip("link", "set", bridge, "up");
        for (NodeId node : nodes) {
            String space = namespace(node);
            ip("netns", "add", space);
            ip("link", "add", outside(node), "type", "veth", "peer", "name", "eth0", "netns", space);
            ip("link", "set", outside(node), "master", bridge, "up");
            ip("-n", space, "addr", "add", host(node) + "/24", "dev", "eth0");
            ip("-n", space, "link", "set", "eth0", "up");
            ip("-n", space, "link", "set", "lo", "up");
        }
    }

    /** The address, on the bridge, of whoever is no node. */
    public String outsideHost() {
        return subnet + "1";
    }

    @Override
    public String host(NodeId node) {
        return subnet + (FIRST_HOST + number(node));
    }

    @Override
    public List<Integer> ports(int count) {
        return IntStream.range(FIRST_PORT, FIRST_PORT + count).boxed().toList();
    }

    @Override
    public List<String> on(NodeId node, List<String> command) {
        List<String> whole = new ArrayList<>(List.of("ip", "netns", "exec", namespace(node)));
        whole.addAll(command);
        return whole;
    }

    @Override
    public void cut(NodeId node) throws IOException, InterruptedException {
        ip("link", "set", outside(node), "nomaster");
    }

    @Override
    public void join(NodeId node) throws IOException, InterruptedException {
        ip("link", "set", outside(node), "master", bridge);
    }

    @Override
    public void close() {
        for (NodeId node : numbers.keySet()) {
            remove("link", "del", outside(node));
            remove("netns", "del", namespace(node));
        }
        remove("link", "del", bridge);
    }

    private int number(NodeId node) {
        Integer number = numbers.get(node);
        if (number == null) {
            throw new IllegalArgumentException("Node " + node + " is none of " + numbers.keySet());
        }
        return number;
    }

    private String namespace(NodeId node) {
        return "understudy-" + tag + "-" + number(node);
    }

    private String outside(NodeId node) {
        return "usv" + tag + "-" + number(node);
    }

    private static void remove(String... arguments) {
        try {
            ip(arguments);
        } catch (IOException neverMadeOrGone) {
            return;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void ip(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (!process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("'" + String.join(" ", command) + "' did not end within " + COMMAND_SECONDS + " s");
        }
        if (process.exitValue() != 0) {
            throw new IOException("'" + String.join(" ", command) + "' said: " + said);
        }
    }
}
