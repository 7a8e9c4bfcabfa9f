package drover.inference;

/**
 * A picture to follow, and the ControlNet that follows it.
 *
 * @param model name of the ControlNet, a folder or file below the folder of ControlNets
 * @param image PNG, JPEG or WebP; an input of the job
 * @param type what the ControlNet is shown of it
 * @param strength how much it counts, 0.01 to {@value #MOST_STRENGTH}
 * @param returnMap whether the answer is what the ControlNet would be shown, the same for each picture, and nothing is painted
 */
public record ControlUse(String model, AssetRef image, Type type, double strength, boolean returnMap) {
    public static final double MOST_STRENGTH = 3;

    public ControlUse {
        if (!(strength >= 0.01 && strength <= MOST_STRENGTH)) {
            throw new IllegalArgumentException("the strength of a ControlNet must be 0.01 to 3, but was " + strength);
        }
    }

    /** What is made of the picture first. */
    public enum Type {
        /** Edges, by Canny's method (1986). */
        CANNY,
        /** Nothing: it is what the ControlNet wants to see. */
        NONE
    }
}
