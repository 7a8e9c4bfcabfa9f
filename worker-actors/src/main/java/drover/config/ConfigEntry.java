package drover.config;

/**
 * One setting as it is in force.
 *
 * @param key such as {@code drover.http.port}
 * @param value as HOCON would write it; a secret shows only whether there is one
 * @param origin {@code FILE:LINE}, {@code default} or {@code environment variable NAME}
 */
public record ConfigEntry(String key, String value, String origin) {}
