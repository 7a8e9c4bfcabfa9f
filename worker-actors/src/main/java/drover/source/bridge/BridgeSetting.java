package drover.source.bridge;

/**
 * One key as it is in force.
 *
 * @param key as the file writes it
 * @param value for a person; secrets are masked
 * @param origin {@code FILE:LINE}, {@code default}, {@code environment variable NAME}, or why it is something else
 */
public record BridgeSetting(String key, String value, String origin) {}
