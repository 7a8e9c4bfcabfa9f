package drover.source.bridge;

/**
 * A key with its value as somebody wrote it.
 *
 * @param key as written
 * @param where {@code FILE:LINE}, or {@code environment variable NAME}
 * @param value what it was set to
 */
record BridgeEntry(String key, String where, BridgeValue value) {}
