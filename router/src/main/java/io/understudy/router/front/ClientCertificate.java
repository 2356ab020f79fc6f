package io.understudy.router.front;

import io.netty.handler.ssl.SslHandler;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** A client proves who it is by a certificate, which TLS verified against the authorities already. */
final class ClientCertificate {
    private ClientCertificate() {}

    static void check(@Nullable SslHandler tls, String user) throws RefusedException {
        X509Certificate certificate = certificate(tls)
                .orElseThrow(() -> RefusedException.of(
                        RefusedException.INVALID_AUTHORIZATION, "connection requires a valid client certificate"));
        String subject = certificate.getSubjectX500Principal().getName();
        Optional<String> commonName = commonName(subject);
        if (commonName.isEmpty() || !commonName.get().equals(user)) {
            throw RefusedException.of(
                            RefusedException.INVALID_AUTHORIZATION,
                            "certificate authentication failed for user \"%s\"".formatted(user))
                    .forLog("the certificate's subject is " + subject + ", expected the user as its common name");
        }
    }

    private static Optional<X509Certificate> certificate(@Nullable SslHandler tls) {
        if (tls == null) {
            return Optional.empty();
        }
        try {
            Certificate[] chain = tls.engine().getSession().getPeerCertificates();
            return chain.length > 0 && chain[0] instanceof X509Certificate first
                    ? Optional.of(first)
                    : Optional.empty();
        } catch (SSLPeerUnverifiedException none) {
            return Optional.empty();
        }
    }

    private static Optional<String> commonName(String subject) throws RefusedException {
        try {
            return new LdapName(subject)
                    .getRdns().reversed().stream()
                            .filter(part -> part.getType().equalsIgnoreCase("CN"))
                            .map(Rdn::getValue)
                            .map(String::valueOf)
                            .findFirst();
        } catch (InvalidNameException e) {
            throw RefusedException.of(
                            RefusedException.INVALID_AUTHORIZATION, "connection requires a valid client certificate")
                    .forLog("the certificate's subject can not be read: " + e.getMessage());
        }
    }
}
