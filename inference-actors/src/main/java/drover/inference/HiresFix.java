package drover.inference;

/**
 * A second pass: the picture is composed at a size that the model knows, and painted over at full size.
 *
 * @param strength how much of the schedule the second pass runs, 0.01 to 1
 */
public record HiresFix(double strength) {
    /** What the AI Horde's reference worker takes where a request does not say. */
    public static final double DEFAULT_STRENGTH = 0.65;

    public HiresFix {
        if (!(strength >= 0.01 && strength <= 1)) {
            throw new IllegalArgumentException("the strength of hires fix must be 0.01 to 1, but was " + strength);
        }
    }
}
