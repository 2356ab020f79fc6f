package io.understudy.chaos.lab;

import io.understudy.core.cluster.NodeId;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Every node's data on a small file system of its own (tmpfs), its ledger beside it elsewhere, as an installation would have it. */
public final class Disks implements AutoCloseable {

    /** Many changes of primary are kept in a log: each takes a segment of 16 MB on every node. So are copies that were set aside. */
    private static final long BYTES = 4L << 30;

    /** What is left to be written when a disk is made to be full. */
    private static final long REST_BYTES = 16L << 20;

    private static final int TRIES = 3;
    private static final int BLOCK = 1 << 16;
    private static final String BALLAST = "ballast";
    private static final List<String> ELSEWHERE = List.of("state", "engine");

    private final Map<NodeId, Path> mounted = new HashMap<>();

    /** Mounts a disk at {@code home}, which is made. */
    void mount(NodeId node, Path home) throws IOException, InterruptedException {
        Files.createDirectory(home);
        Programs.run(List.of("mount", "-t", "tmpfs", "-o", "size=" + BYTES + ",mode=755", "tmpfs", home.toString()));
        mounted.put(node, home);
        for (String name : ELSEWHERE) {
            Path place = Files.createDirectory(home.resolveSibling(home.getFileName() + "-" + name));
            Files.createSymbolicLink(home.resolve(name), place);
        }
    }

    /** Takes what is left of the disk of {@code node}, or nothing when it fails. */
    public void fill(NodeId node) throws IOException, InterruptedException {
        Path home = home(node);
        try {
            shrink(home);
            writeBallast(home.resolve(BALLAST));
        } catch (IOException failed) {
            free(node);
            throw failed;
        }
    }

    /** The file system is made as small as what is on it, so that not all of a large one need be written. */
    private static void shrink(Path home) throws IOException, InterruptedException {
        FileStore store = Files.getFileStore(home);
        for (int tries = 1; ; tries++) {
            try {
                resize(home, store.getTotalSpace() - store.getUnallocatedSpace() + REST_BYTES);
                return;
            } catch (IOException grown) {
                // More was written meanwhile than fits.
                if (tries == TRIES) {
                    throw grown;
                }
            }
        }
    }

    private static void writeBallast(Path ballast) throws IOException {
        byte[] block = new byte[BLOCK];
        try (OutputStream out = Files.newOutputStream(ballast)) {
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
    public void free(NodeId node) throws IOException, InterruptedException {
        Path home = home(node);
        Files.deleteIfExists(home.resolve(BALLAST));
        resize(home, BYTES);
    }

    private static void resize(Path home, long bytes) throws IOException, InterruptedException {
        Programs.run(List.of("mount", "-o", "remount,size=" + bytes, home.toString()));
    }

    private Path home(NodeId node) {
        Path home = mounted.get(node);
        if (home == null) {
            throw new IllegalArgumentException("Node " + node + " has none of the disks of " + mounted.keySet());
        }
        return home;
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
