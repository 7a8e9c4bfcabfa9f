package drover.inference;

/**
 * Where a finished result lies. Bytes do not travel between processes; this does.
 *
 * @param key path within the asset store, such as {@code 0197…/1/0.png}
 * @param mediaType such as {@code image/png}
 * @param bytes length
 * @param sha256 hash of the bytes, 64 lower-case hex digits
 * @param seed the seed that made it
 */
public record AssetRef(String key, String mediaType, long bytes, String sha256, long seed)
        implements CborSerializable {}
