package io.understudy.router.front;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A catalogue that answers when the test says so. */
final class FakeCatalogue implements CatalogueQuery {
    final List<String> questions = new ArrayList<>();
    private final List<CompletableFuture<List<List<@Nullable String>>>> waiting = new ArrayList<>();

    @Override
    public CompletionStage<List<List<@Nullable String>>> rows(String sql) {
        questions.add(sql);
        CompletableFuture<List<List<@Nullable String>>> answer = new CompletableFuture<>();
        waiting.add(answer);
        return answer;
    }

    /** Answers the oldest question: may log in, password, not expired. */
    void answer(@Nullable String... row) {
        List<@Nullable String> values = new ArrayList<>();
        for (@Nullable String value : row) {
            values.add(value);
        }
        waiting.removeFirst().complete(row.length == 0 ? List.of() : List.of(values));
    }

    void fail(Exception reason) {
        waiting.removeFirst().completeExceptionally(reason);
    }

    boolean isAsked() {
        return !waiting.isEmpty();
    }
}
