package drover.source.models;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gets the model reference from a file or an address. What came from an address is kept on disk: it is asked for again
 * only when it is old, and used however old it is when the address does not answer. Blocks; not for an actor's dispatcher.
 */
public final class ModelReferenceStore {
    private static final Logger LOG = LoggerFactory.getLogger(ModelReferenceStore.class);
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final Duration ANSWER = Duration.ofSeconds(30);

    private final Path cacheFile;
    private final Duration maxAge;
    private final Clock clock;

    /** Where a reference is. */
    public sealed interface Source {
        /** A file of this machine. */
        record OnDisk(Path file) implements Source {}

        /** An address. */
        record OnWeb(URI address) implements Source {}
    }

    /**
     * What was got.
     *
     * @param reference the models; empty if there is no way to get them
     * @param origin where they are from, for a person
     * @param trouble what went wrong on the way, and what to do; also set if an old copy helped out
     */
    public record Loaded(Optional<ModelReference> reference, String origin, Optional<String> trouble) {}

    /**
     * @param cacheFile where a copy is kept
     * @param maxAge how old the copy may get before the address is asked again
     */
    public ModelReferenceStore(Path cacheFile, Duration maxAge, Clock clock) {
        this.cacheFile = cacheFile;
        this.maxAge = maxAge;
        this.clock = clock;
    }

    /** Gets the reference. */
    public Loaded load(Source source) {
        return switch (source) {
            case Source.OnDisk(Path file) -> {
                try {
                    yield new Loaded(Optional.of(read(file)), file.toString(), Optional.empty());
                } catch (IOException e) {
                    yield new Loaded(
                            Optional.empty(),
                            file.toString(),
                            Optional.of("the model reference " + file + " " + why(e)
                                    + "; correct drover.horde.model-reference"));
                }
            }
            case Source.OnWeb(URI address) -> fromWeb(address);
        };
    }

    private Loaded fromWeb(URI address) {
        Optional<Instant> kept = modified();
        if (kept.isPresent() && kept.get().plus(maxAge).isAfter(clock.instant())) {
            try {
                return new Loaded(Optional.of(read(cacheFile)), address + " of " + kept.get(), Optional.empty());
            } catch (IOException e) {
                kept = Optional.empty(); // Something else is there; the address knows better.
            }
        }
        try {
            byte[] fresh = fetch(address);
            ModelReference reference = ModelReference.parse(fresh);
            keep(fresh);
            return new Loaded(Optional.of(reference), address.toString(), Optional.empty());
        } catch (IOException e) {
            return old(address, kept, why(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return old(address, kept, "was not waited for");
        }
    }

    private Loaded old(URI address, Optional<Instant> kept, String why) {
        String trouble = "the model reference at " + address + " " + why;
        if (kept.isPresent()) {
            try {
                return new Loaded(
                        Optional.of(read(cacheFile)),
                        address + " of " + kept.get(),
                        Optional.of(trouble + "; the copy of " + kept.get() + " is used"));
            } catch (IOException e) {
                trouble += "; the copy " + cacheFile + " " + why(e);
            }
        }
        return new Loaded(
                Optional.empty(),
                address.toString(),
                Optional.of(trouble + "; see that the address can be reached, or download it and name the file in"
                        + " drover.horde.model-reference"));
    }

    private static byte[] fetch(URI address) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(address)
                .timeout(ANSWER)
                .header("Accept", "application/json")
                .build();
        try (HttpClient client = HttpClient.newBuilder()
                .connectTimeout(CONNECT)
                .followRedirects(HttpClient.Redirect.NORMAL)
                .build()) {
            HttpResponse<byte[]> response = client.send(
                    request,
                    HttpResponse.BodyHandlers.limiting(
                            HttpResponse.BodyHandlers.ofByteArray(), ModelReference.MAX_BYTES));
            if (response.statusCode() != 200) {
                throw new IOException("answers " + response.statusCode());
            }
            return response.body();
        }
    }

    private void keep(byte[] json) {
        try {
            Path folder = cacheFile.toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            Path part = cacheFile.resolveSibling(cacheFile.getFileName() + ".part");
            Files.write(part, json);
            Files.move(part, cacheFile, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            LOG.warn("the model reference could not be kept in {}: {}", cacheFile, e.toString());
        }
    }

    private Optional<Instant> modified() {
        try {
            return Optional.of(Files.getLastModifiedTime(cacheFile).toInstant());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static ModelReference read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return ModelReference.parse(in.readNBytes(ModelReference.MAX_BYTES + 1));
        }
    }

    private static String why(IOException e) {
        String message = e.getMessage();
        return message != null
                        && (message.startsWith("is ") || message.startsWith("has ") || message.startsWith("answers "))
                ? message
                : "cannot be read: " + e;
    }
}
