package io.understudy.engines.postgres;

/**
 * A login that Understudy made for itself.
 *
 * @param password in plain text: not for logs, arguments or messages
 */
public record OwnLogin(String role, String password) {

    @Override
    public String toString() {
        return "login of " + role;
    }
}
