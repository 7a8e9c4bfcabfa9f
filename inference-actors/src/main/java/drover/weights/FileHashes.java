package drover.weights;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import drover.digest.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The SHA-256 of large files, each read once: a cache on disk knows it again by path, size and time of change. Not
 * thread-safe; of two processes that write the cache, the last one wins, and the other's files are read once more.
 */
public final class FileHashes {
    private static final Logger LOG = LoggerFactory.getLogger(FileHashes.class);
    private static final JsonMapper JSON = new JsonMapper();
    private static final int BUFFER = 1 << 20;

    private final Path cache;
    private final Map<String, Known> known;

    /**
     * What is known of a file.
     *
     * @param size in bytes
     * @param changed milliseconds since 1970
     * @param sha256 in small hexadecimal digits
     */
    record Known(long size, long changed, String sha256) {}

    private FileHashes(Path cache, Map<String, Known> known) {
        this.cache = cache;
        this.known = known;
    }

    /** Reads the cache; one that cannot be read is begun anew. */
    public static FileHashes open(Path cache) {
        Map<String, Known> known = new TreeMap<>();
        try {
            if (Files.exists(cache)) {
                known.putAll(JSON.readValue(Files.readAllBytes(cache), new TypeReference<Map<String, Known>>() {}));
            }
        } catch (IOException e) {
            LOG.warn("{} cannot be read, so files are hashed again: {}", cache, e.toString());
        }
        return new FileHashes(cache, known);
    }

    /** What is known without reading the file, if it is as it was. */
    public Optional<String> known(Path file) throws IOException {
        @Nullable Known entry = known.get(key(file));
        return entry != null && entry.size == Files.size(file) && entry.changed == changed(file)
                ? Optional.of(entry.sha256)
                : Optional.empty();
    }

    /** What is known, or else what reading it says. */
    public String of(Path file) throws IOException {
        Optional<String> before = known(file);
        return before.isPresent() ? before.get() : read(file);
    }

    /** Reads the file, whatever is known of it, and keeps what comes of it. */
    public String read(Path file) throws IOException {
        long size = Files.size(file);
        long changed = changed(file);
        MessageDigest digest = Sha256.begin();
        try (InputStream in = Files.newInputStream(file)) {
            byte[] buffer = new byte[BUFFER];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                digest.update(buffer, 0, count);
            }
        }
        String hash = Sha256.end(digest);
        known.put(key(file), new Known(size, changed, hash));
        return hash;
    }

    /** Keeps the hash of a file that has the bytes of another. */
    public void copied(Path from, Path to) throws IOException {
        String hash = of(from);
        known.put(key(to), new Known(Files.size(to), changed(to), hash));
    }

    /** Writes the cache, without files that are gone. */
    public void save() throws IOException {
        known.keySet().removeIf(path -> Files.notExists(Path.of(path)));
        @Nullable Path folder = cache.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        Path written = cache.resolveSibling("." + cache.getFileName() + ".new");
        Files.write(written, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(known));
        Files.move(written, cache, StandardCopyOption.ATOMIC_MOVE);
    }

    private static String key(Path file) {
        return file.toAbsolutePath().normalize().toString();
    }

    private static long changed(Path file) throws IOException {
        return Files.getLastModifiedTime(file).toMillis();
    }
}
