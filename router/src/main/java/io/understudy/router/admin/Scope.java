package io.understudy.router.admin;

/** What an order is about. */
public sealed interface Scope {
    /** All databases, those too that nobody asked for yet. */
    record All() implements Scope {
        @Override
        public String toString() {
            return "everything";
        }
    }

    /** One database by its name. */
    record Database(String name) implements Scope {
        @Override
        public String toString() {
            return "database \"%s\"".formatted(name);
        }
    }

    /** Whether it is about this database. */
    default boolean covers(String database) {
        return switch (this) {
            case All _ -> true;
            case Database(String name) -> name.equals(database);
        };
    }
}
