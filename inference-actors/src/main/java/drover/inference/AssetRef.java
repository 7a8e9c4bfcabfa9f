package drover.inference;

import java.util.Objects;

/**
 * Where a finished result lies. Bytes do not travel between processes; this does.
 *
 * @param key path within the asset store, such as {@code 0197…/1/0.png}
 * @param mediaType such as {@code image/png}
 * @param bytes length
 * @param sha256 hash of the bytes, 64 lower-case hex digits
 * @param seed the seed that made it
 * @param safety what its safety check came to
 */
public record AssetRef(String key, String mediaType, long bytes, String sha256, long seed, SafetyResult safety)
        implements CborSerializable {
    public AssetRef {
        // Absent in records from before pictures were checked.
        safety = Objects.requireNonNullElse(safety, SafetyResult.UNCHECKED);
    }

    /** A result that nobody has looked at. */
    public AssetRef(String key, String mediaType, long bytes, String sha256, long seed) {
        this(key, mediaType, bytes, sha256, seed, SafetyResult.UNCHECKED);
    }
}
