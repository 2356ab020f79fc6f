package io.understudy.chaos.judge;

import java.util.List;

/** Every write was sent once. */
final class NothingIsThereTwice implements Promise {
    @Override
    public List<String> broken(Evidence evidence) {
        List<Integer> doubled = evidence.stored().doubled();
        return doubled.isEmpty()
                ? List.of()
                : List.of("%d writes are there more than once: %s".formatted(doubled.size(), doubled));
    }
}
