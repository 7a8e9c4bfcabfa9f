package drover.diffusion;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import drover.digest.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The model that ships in the jar, and the index of its files. The cache folder carries the index's hash, so another
 * version of the model never meets the files of this one.
 */
public final class BundledModel {
    /** Its name in the catalogue, and the default of requests that name no model. */
    public static final String NAME = "emoji-diffusion";

    private static final String RESOURCES = "/drover/models/" + NAME;
    private static final String INDEX = RESOURCES + ".index.json";
    private static final int HASH_DIGITS = 16;
    private static final int BUFFER_BYTES = 1 << 16;

    private BundledModel() {}

    /**
     * {@code ${XDG_CACHE_HOME:-~/.cache}/drover/models}.
     *
     * @param environment the process's environment
     * @param home the user's home folder
     */
    public static Path defaultCache(Map<String, String> environment, Path home) {
        @Nullable String cache = environment.get("XDG_CACHE_HOME");
        Path base = cache == null || cache.isBlank() ? home.resolve(".cache") : Path.of(cache);
        return base.resolve("drover").resolve("models");
    }

    /**
     * Makes sure that an intact copy lies in the cache, and returns its folder. Files that are missing or damaged are
     * written beside their place and moved there in one step, so several processes may do this at once, and nobody
     * ever sees half a file.
     *
     * @throws IOException if the cache cannot be written, or the jar is damaged
     */
    public static Path unpack(Path cache) throws IOException {
        byte[] index = resource(INDEX).readAllBytes();
        String hash = Sha256.of(index).substring(0, HASH_DIGITS);
        // One folder more, because a model is called by the name of its folder.
        Path folder = cache.resolve(NAME + "-" + hash).resolve(NAME);
        for (JsonNode entry : new JsonMapper().readTree(index).get("files")) {
            IndexedFile file = new IndexedFile(
                    entry.get("path").textValue(),
                    entry.get("bytes").longValue(),
                    entry.get("sha256").textValue());
            Path target = folder.resolve(file.path());
            if (!file.isIntact(target)) {
                file.unpack(target);
            }
        }
        return folder;
    }

    private static InputStream resource(String name) throws IOException {
        @Nullable InputStream stream = BundledModel.class.getResourceAsStream(name);
        if (stream == null) {
            throw new IOException("the jar lacks " + name + "; get it again");
        }
        return stream;
    }

    private record IndexedFile(String path, long bytes, String sha256) {
        boolean isIntact(Path target) throws IOException {
            if (!Files.isRegularFile(target) || Files.size(target) != bytes) {
                return false;
            }
            MessageDigest digest = Sha256.begin();
            try (InputStream in = Files.newInputStream(target)) {
                byte[] buffer = new byte[BUFFER_BYTES];
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    digest.update(buffer, 0, n);
                }
            }
            return matches(digest);
        }

        void unpack(Path target) throws IOException {
            Path parent = target.resolveSibling(".");
            Files.createDirectories(parent);
            Path partial = Files.createTempFile(parent, "unpacking-", ".part");
            try {
                MessageDigest digest = Sha256.begin();
                try (InputStream in = resource(RESOURCES + "/" + path);
                        DigestOutputStream out = new DigestOutputStream(Files.newOutputStream(partial), digest)) {
                    in.transferTo(out);
                }
                if (!matches(digest)) {
                    throw new IOException("the jar's copy of " + path + " is damaged; get the jar again");
                }
                Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(partial);
            }
        }

        private boolean matches(MessageDigest digest) {
            return Sha256.end(digest).equals(sha256);
        }
    }
}
