package drover.config;

/**
 * One mistake in the configuration.
 *
 * @param where the file and line, or the environment variable, that it comes from
 * @param key the full key, such as {@code drover.http.port}; empty if the file could not be read at all
 * @param message what was found, what was expected, what to do
 */
public record ConfigProblem(String where, String key, String message) {
    @Override
    public String toString() {
        return key.isEmpty() ? where + ": " + message : where + ": " + key + " " + message;
    }
}
