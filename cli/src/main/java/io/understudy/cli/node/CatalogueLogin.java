package io.understudy.cli.node;

/**
 * What a router logs in with at the primary, in the database {@code postgres}, to look up how clients must prove themselves.
 *
 * @param password in plain text: not for logs, arguments or messages
 */
public record CatalogueLogin(String role, String password) {

    @Override
    public String toString() {
        return "login of " + role;
    }
}
