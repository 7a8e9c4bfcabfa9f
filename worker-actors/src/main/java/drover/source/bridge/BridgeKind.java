package drover.source.bridge;

/**
 * What values a key takes.
 *
 * @param <T> what they are in Java
 */
interface BridgeKind<T> {
    /** What is expected, as the end of a sentence. */
    String expected();

    /** Whether its values are secrets, so that they are never printed. */
    default boolean isSecret() {
        return false;
    }

    /** Whether it is a list, so that commas in an environment variable separate items. */
    default boolean isList() {
        return false;
    }

    /**
     * Reads a value.
     *
     * @throws Unfit if it is not what is expected
     */
    T read(BridgeValue value) throws Unfit;

    /** The value is not what its key takes. */
    final class Unfit extends Exception {
        private static final long serialVersionUID = 1L;

        Unfit() {
            super(null, null, false, false);
        }
    }
}
