package io.understudy.router.front;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.understudy.router.RouterSettings.AccessRule;
import io.understudy.router.RouterSettings.Method;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AccessRulesTest {
    private final AccessRules rules = AccessRules.of(List.of(
            new AccessRule("10.1.0.0/17", "app", "all", Method.TRUST),
            new AccessRule("10.0.0.0/8", "all", "shop", Method.SCRAM),
            new AccessRule("fd00::/9", "all", "all", Method.CERTIFICATE),
            new AccessRule("192.0.2.7", "all", "all", Method.TRUST),
            new AccessRule("all", "root", "all", Method.SCRAM)));

    @Test
    void theFirstRuleThatMatchesDecides() {
        assertThat(method("10.1.127.255", "app", "shop")).contains(Method.TRUST);
        assertThat(method("10.1.128.0", "app", "shop")).contains(Method.SCRAM);
        assertThat(method("10.1.0.1", "other", "shop")).contains(Method.SCRAM);
        assertThat(method("10.1.0.1", "other", "bank")).isEmpty();
        assertThat(method("fd7f::1", "x", "y")).contains(Method.CERTIFICATE);
        assertThat(method("fd80::1", "x", "y")).isEmpty();
        assertThat(method("192.0.2.7", "x", "y")).contains(Method.TRUST);
        assertThat(method("192.0.2.6", "x", "y")).isEmpty();
        assertThat(method("2001:db8::1", "root", "y")).contains(Method.SCRAM);
    }

    @Test
    void rangesAreReadWithCare() {
        assertThat(AccessRules.of(List.of(new AccessRule("0.0.0.0/0", "all", "all", Method.TRUST)))
                        .method(InetAddress.ofLiteral("255.1.2.3"), "a", "b"))
                .contains(Method.TRUST);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AccessRules.of(List.of(
                        AccessRule.SCRAM_FOR_ALL,
                        new AccessRule("10.0.0.1/8", "all", "all", Method.TRUST),
                        new AccessRule("db.example", "all", "all", Method.TRUST),
                        new AccessRule("10.0.0.0/33", "all", "all", Method.TRUST),
                        new AccessRule("10.0.0.0/x", "all", "all", Method.TRUST))))
                .withMessageContaining("'10.0.0.1/8' has bits set behind its first 8")
                .withMessageContaining("'db.example' is no address range")
                .withMessageContaining("'10.0.0.0/33' keeps 33 bits")
                .withMessageContaining("'10.0.0.0/x' has no number");
    }

    private Optional<Method> method(String from, String user, String database) {
        return rules.method(InetAddress.ofLiteral(from), user, database);
    }
}
