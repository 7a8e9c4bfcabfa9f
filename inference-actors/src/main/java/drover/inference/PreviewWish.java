package drover.inference;

/**
 * That somebody wants to see how a picture comes along.
 *
 * @param every after so many steps, at least 1
 * @param times how often from now on, at least 1; whoever wants to see more wishes again
 */
public record PreviewWish(int every, int times) implements CborSerializable {
    /** For a wish that is not to be said again. */
    public static final int UNTIL_THE_END = Integer.MAX_VALUE;

    public PreviewWish {
        if (every < 1 || times < 1) {
            throw new IllegalArgumentException(
                    "a preview is wished every 1 or more steps, 1 or more times, but was every " + every + ", " + times
                            + " times");
        }
    }
}
