package drover.config;

import com.typesafe.config.ConfigValue;

/**
 * What values a setting takes.
 *
 * @param <T> what they are in Java
 */
interface Kind<T> {
    /** What is expected, as the end of a sentence: {@code a whole number from 0 to 65535}. */
    String expected();

    /** Whether a value of this kind holds a secret, so that it is never printed. */
    default boolean isSecret() {
        return false;
    }

    /**
     * Reads a value.
     *
     * @throws Unfit if it is not what is expected
     */
    T read(ConfigValue value) throws Unfit;

    /** The value is not what its setting takes. */
    final class Unfit extends Exception {
        private static final long serialVersionUID = 1L;

        Unfit() {
            super(null, null, false, false);
        }
    }
}
