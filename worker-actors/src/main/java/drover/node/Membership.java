package drover.node;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Optional;
import org.apache.pekko.pki.pem.DERPrivateKeyLoader;
import org.apache.pekko.pki.pem.PEMDecoder;
import org.apache.pekko.pki.pem.PEMLoadingException;

/**
 * How the processes of this host take part in the cluster. The control process and its children do so alike.
 *
 * @param host name or address that the others reach them at
 * @param bindHost the address to listen on, if that is another one
 * @param tls what they prove themselves with; without it connections are neither encrypted nor checked
 * @param detection when a member that has fallen silent counts as gone
 */
public record Membership(String host, Optional<String> bindHost, Optional<Tls> tls, Detection detection) {
    /** Members on one host, or on hosts whose network is trusted. */
    public static Membership at(String host) {
        return new Membership(host, Optional.empty(), Optional.empty(), Detection.PATIENT);
    }

    /** The address as part of others: an IPv6 address in brackets. */
    public String bracketed() {
        return host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
    }

    /**
     * When a member that has fallen silent counts as gone.
     *
     * @param unreachableAfter how long a member may be silent before it counts as unreachable
     * @param removeAfter how long it must have been unreachable, with no other member changing, before it is removed
     */
    public record Detection(Duration unreachableAfter, Duration removeAfter) {
        /** Where nothing waits for a removal: the keeper of a process that has ended has it removed at once. */
        public static final Detection PATIENT = new Detection(Duration.ofSeconds(10), Duration.ofSeconds(20));

        /**
         * Where others take over. It may be as short as this because the database has one writer: who removes a
         * member that still lives gets the writer's lock only when that one is gone.
         */
        public static final Detection PROMPT = new Detection(Duration.ofSeconds(3), Duration.ofSeconds(1));
    }

    /**
     * PEM files. Both sides of every connection show their certificate.
     *
     * @param certificate of this host, issued by the authority itself
     * @param key its RSA key, PKCS#1 or PKCS#8, not encrypted
     * @param ca the certificate of the authority
     */
    public record Tls(Path certificate, Path key, Path ca) {
        /**
         * Looks whether the files are what they should be: a connection that fails later would only say so in the log.
         *
         * @throws IOException if not; the message names the file
         */
        public void check() throws IOException {
            checkCertificate(certificate);
            checkCertificate(ca);
            try {
                DERPrivateKeyLoader.load(PEMDecoder.decode(Files.readString(key)));
            } catch (PEMLoadingException | IOException e) {
                throw new IOException(
                        "the key " + key + " cannot be used: " + reason(e)
                                + "; expected an RSA key in PEM form that is not encrypted",
                        e);
            }
        }

        private static void checkCertificate(Path file) throws IOException {
            try (InputStream in = Files.newInputStream(file)) {
                CertificateFactory.getInstance("X.509").generateCertificate(in);
            } catch (GeneralSecurityException | IOException e) {
                throw new IOException(
                        "the certificate " + file + " cannot be used: " + reason(e) + "; expected one in PEM form", e);
            }
        }

        private static String reason(Exception e) {
            return e instanceof java.nio.file.NoSuchFileException
                    ? "there is no such file"
                    : String.valueOf(e.getMessage());
        }
    }
}
