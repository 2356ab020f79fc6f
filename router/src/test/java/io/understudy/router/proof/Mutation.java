package io.understudy.router.proof;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Makes something else of a conversation. */
final class Mutation {
    private static final int KINDS = 6;

    private Mutation() {}

    /** All of {@code messages}, damaged in up to {@code most} places. */
    static byte[] of(List<byte[]> messages, Random random, int most) {
        List<byte[]> all = new ArrayList<>(messages);
        for (int i = 1 + random.nextInt(most); i > 0; i--) {
            damage(all, random);
        }
        return Wire.join(all.toArray(byte[][]::new));
    }

    private static void damage(List<byte[]> all, Random random) {
        int at = random.nextInt(all.size());
        byte[] one = all.get(at).clone();
        switch (random.nextInt(KINDS)) {
            case 0 -> {
                one[random.nextInt(one.length)] = (byte) random.nextInt();
                all.set(at, one);
            }
            case 1 -> all.set(at, Arrays.copyOf(one, random.nextInt(one.length)));
            case 2 -> all.add(at, one);
            case 3 -> all.add(random.nextInt(all.size()), all.remove(at));
            case 4 -> all.set(at, Arrays.copyOf(one, one.length + 1 + random.nextInt(20)));
            default -> all.add(at, Wire.header((char) random.nextInt(128), random.nextInt(), one));
        }
    }
}
