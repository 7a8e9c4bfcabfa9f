package drover.cli;

import drover.diffusion.ModelInfo;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A picture's size.
 *
 * @param width pixels
 * @param height pixels
 */
record Size(int width, int height) {
    private static final Pattern SHAPE = Pattern.compile("([1-9][0-9]{0,4})(?:x([1-9][0-9]{0,4}))?");

    /** Refuses a size that the model cannot do. */
    void requireFits(ModelInfo model) {
        int factor = model.latentFactor();
        if (width % factor != 0 || height % factor != 0) {
            throw CommandFailure.usage("--size " + this + " does not suit " + model.name()
                    + ": width and height must be multiples of " + factor);
        }
        if (Math.max(width, height) > model.maxSize()) {
            throw CommandFailure.usage("--size " + this + " does not suit " + model.name() + ": at most "
                    + model.maxSize() + " pixels a side");
        }
    }

    @Override
    public String toString() {
        return width + "x" + height;
    }

    /** Reads {@code 512x768}, or {@code 512} for a square. */
    static final class Converter implements ITypeConverter<Size> {
        @Override
        public Size convert(String text) {
            Matcher parts = SHAPE.matcher(text.strip());
            if (!parts.matches()) {
                throw new TypeConversionException("expected WIDTHxHEIGHT in pixels, such as 512x768, but was " + text);
            }
            int width = Integer.parseInt(parts.group(1));
            return new Size(width, parts.group(2) == null ? width : Integer.parseInt(parts.group(2)));
        }
    }
}
