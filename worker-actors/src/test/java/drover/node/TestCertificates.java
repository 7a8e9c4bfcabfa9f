package drover.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Authorities and certificates in PEM files, made with the JDK's own tool. */
public final class TestCertificates {
    private static final String PASSWORD = "only-for-tests";

    private TestCertificates() {}

    /** A new authority, and a host's certificate of it for the subject {@code CN=drover}. */
    public static Membership.Tls make(Path folder) throws IOException, InterruptedException, GeneralSecurityException {
        Files.createDirectories(folder);
        Path store = folder.resolve("store.p12");
        keytool(
                store,
                "-genkeypair",
                "-alias",
                "ca",
                "-keyalg",
                "RSA",
                "-dname",
                "CN=authority",
                "-ext",
                "bc:c=ca:true");
        keytool(store, "-genkeypair", "-alias", "host", "-keyalg", "RSA", "-dname", "CN=drover");
        keytool(
                store,
                "-certreq",
                "-alias",
                "host",
                "-file",
                folder.resolve("host.csr").toString());
        keytool(
                store,
                "-gencert",
                "-rfc",
                "-alias",
                "ca",
                "-infile",
                folder.resolve("host.csr").toString(),
                "-outfile",
                folder.resolve("host.pem").toString());
        keytool(
                store,
                "-exportcert",
                "-rfc",
                "-alias",
                "ca",
                "-file",
                folder.resolve("ca.pem").toString());
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        byte[] key = keys.getKey("host", PASSWORD.toCharArray()).getEncoded();
        Path keyFile = Files.writeString(
                folder.resolve("host.key"),
                "-----BEGIN PRIVATE KEY-----\n"
                        + Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                                .encodeToString(key)
                        + "\n-----END PRIVATE KEY-----\n");
        return new Membership.Tls(folder.resolve("host.pem"), keyFile, folder.resolve("ca.pem"));
    }

    private static void keytool(Path store, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.add("-J-XX:TieredStopAtLevel=1");
        command.addAll(List.of(arguments));
        command.addAll(List.of("-keystore", store.toString(), "-storepass", PASSWORD));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
    }
}
