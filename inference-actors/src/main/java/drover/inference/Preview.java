package drover.inference;

/**
 * How a picture looks before it is done: small, rough, and seen by no safety check, so there is none of a job whose
 * pictures are to be checked. It is shown and forgotten; nobody writes it down.
 *
 * @param jpeg a JPEG file in base64, at most {@value #MAX_LENGTH} characters
 * @param width pixels, at most {@value #MAX_SIDE}
 * @param height pixels, at most {@value #MAX_SIDE}
 * @param position how far the attempt had come
 */
public record Preview(String jpeg, int width, int height, Position position) implements CborSerializable {
    public static final int MAX_SIDE = 128;

    /** More than a JPEG file of that size can need. */
    public static final int MAX_LENGTH = 1 << 17;

    public Preview {
        if (jpeg.length() > MAX_LENGTH) {
            throw new IllegalArgumentException(
                    "a preview has at most " + MAX_LENGTH + " characters, but had " + jpeg.length());
        }
        if (Math.min(width, height) < 1 || Math.max(width, height) > MAX_SIDE) {
            throw new IllegalArgumentException(
                    "a preview has 1 to " + MAX_SIDE + " pixels a side, but had " + width + "x" + height);
        }
    }
}
