package io.understudy.router.back;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** An authority made for one test, and what it signs; by the JDK's own keytool. */
public final class Certificates {
    private static final String PASSWORD = "changeit";

    private final Path directory;
    private final Path store;

    public Certificates(Path directory) throws Exception {
        this.directory = directory;
        this.store = directory.resolve("store.p12");
        keytool("-genkeypair", "-alias", "ca", "-dname", "CN=Test authority", "-ext", "bc:c");
        pem(
                directory.resolve("ca.crt"),
                "CERTIFICATE",
                loaded().getCertificate("ca").getEncoded());
    }

    public Path authority() {
        return directory.resolve("ca.crt");
    }

    /** Issues a certificate; {@code extensions} as keytool's -ext, such as {@code san=dns:localhost}. */
    public BackTls.KeyPair issue(String commonName, String... extensions) throws Exception {
        List<String> arguments = new ArrayList<>(
                List.of("-genkeypair", "-alias", commonName, "-dname", "CN=" + commonName, "-signer", "ca"));
        for (String extension : extensions) {
            arguments.add("-ext");
            arguments.add(extension);
        }
        keytool(arguments.toArray(String[]::new));
        KeyStore loaded = loaded();
        Certificate certificate = loaded.getCertificate(commonName);
        Path crt = directory.resolve(commonName + ".crt");
        Path key = directory.resolve(commonName + ".key");
        pem(crt, "CERTIFICATE", certificate.getEncoded());
        byte[] secret = loaded.getKey(commonName, PASSWORD.toCharArray()).getEncoded();
        pem(key, "PRIVATE KEY", secret);
        return new BackTls.KeyPair(crt, key);
    }

    private KeyStore loaded() throws Exception {
        KeyStore loaded = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            loaded.load(in, PASSWORD.toCharArray());
        }
        return loaded;
    }

    private void keytool(String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of(arguments));
        command.addAll(List.of(
                "-keyalg", "RSA", "-storetype", "PKCS12", "-storepass", PASSWORD, "-validity", "30", "-keystore"));
        command.add(store.toString());
        Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(keytool.getInputStream().readAllBytes());
        if (keytool.waitFor() != 0) {
            throw new IOException(output);
        }
    }

    private static void pem(Path file, String what, byte[] bytes) throws IOException {
        Files.writeString(
                file,
                "-----BEGIN %s-----%n%s%n-----END %s-----%n"
                        .formatted(what, Base64.getMimeEncoder().encodeToString(bytes), what));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }
}
