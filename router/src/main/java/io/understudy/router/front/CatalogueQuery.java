package io.understudy.router.front;

import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Asks the primary's catalogue with the router's own privileged log-in. */
public interface CatalogueQuery {

    /**
     * Runs one statement.
     *
     * @param sql with every name and operator qualified, and values quoted by the caller
     * @return the rows as text, null for NULL; completes on the event loop; exceptionally with an {@link java.io.IOException} that says why
     *     when there is no primary, the log-in is refused, the statement fails, or it takes too long
     */
    CompletionStage<List<List<@Nullable String>>> rows(String sql);
}
