package drover.inference;

/**
 * One finished result, in memory.
 *
 * @param mediaType such as {@code image/png}
 * @param bytes the encoded result; not copied, not to be changed
 * @param seed the seed that made it
 * @param safety what its safety check came to
 */
@SuppressWarnings("ArrayRecordComponent") // Handed over once, never compared; a copy of a picture would be waste.
public record Artifact(String mediaType, byte[] bytes, long seed, SafetyResult safety) {
    /** A result that nobody has looked at. */
    public Artifact(String mediaType, byte[] bytes, long seed) {
        this(mediaType, bytes, seed, SafetyResult.UNCHECKED);
    }
}
