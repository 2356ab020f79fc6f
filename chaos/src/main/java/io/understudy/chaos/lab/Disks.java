package io.understudy.chaos.lab;

import io.understudy.core.cluster.NodeId;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Every node's data on a small file system of its own (tmpfs), its ledger beside it elsewhere, as an installation would have it. */
public final class Disks implements AutoCloseable {

    private static final String SIZE = "size=1024m";
    private static final int BLOCK = 1 << 16;
    private static final List<String> ELSEWHERE = List.of("state", "engine");

    private final Map<NodeId, Path> mounted = new HashMap<>();

    /** Mounts a disk at {@code home}, which is made. */
    void mount(NodeId node, Path home) throws IOException, InterruptedException {
        Files.createDirectory(home);
        Programs.run(List.of("mount", "-t", "tmpfs", "-o", SIZE + ",mode=755", "tmpfs", home.toString()));
        mounted.put(node, home);
        for (String name : ELSEWHERE) {
            Path place = Files.createDirectory(home.resolveSibling(home.getFileName() + "-" + name));
            Files.createSymbolicLink(home.resolve(name), place);
        }
    }

    /** Fills what is left of the disk of {@code node}. */
    public void fill(NodeId node) throws IOException {
        byte[] block = new byte[BLOCK];
        try (OutputStream out = Files.newOutputStream(ballast(node))) {
            while (true) {
                out.write(block);
            }
        } catch (IOException full) {
            if (!String.valueOf(full.getMessage()).contains("No space left")) {
                throw full;
            }
        }
    }

    /** Gives back what {@link #fill} took. */
    public void free(NodeId node) throws IOException {
        Files.deleteIfExists(ballast(node));
    }

    private Path ballast(NodeId node) {
        Path home = mounted.get(node);
        if (home == null) {
            throw new IllegalArgumentException("Node " + node + " has none of the disks of " + mounted.keySet());
        }
        return home.resolve("ballast");
    }

    /** Takes all away; the nodes' processes are gone already. */
    @Override
    public void close() throws IOException {
        List<String> failed = new ArrayList<>();
        for (Path home : mounted.values()) {
            try {
                Programs.run(List.of("umount", home.toString()));
            } catch (IOException busy) {
                failed.add(busy.getMessage());
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        mounted.clear();
        if (!failed.isEmpty()) {
            throw new IOException("Disks are still mounted: " + String.join("; ", failed));
        }
    }
}
