package drover.config;

import java.util.Optional;

/**
 * One thing that can be set.
 *
 * @param path the full key, such as {@code drover.http.port}
 * @param kind what values it takes
 * @param standard the value when nothing is set, as HOCON text
 * @param env the environment variable that overrides it, if there is one
 */
record Setting<T>(String path, Kind<T> kind, String standard, Optional<String> env) {
    Setting(String path, Kind<T> kind, String standard) {
        this(path, kind, standard, Optional.empty());
    }

    Setting(String path, Kind<T> kind, String standard, String env) {
        this(path, kind, standard, Optional.of(env));
    }
}
