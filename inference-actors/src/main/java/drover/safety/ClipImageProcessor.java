package drover.safety;

import drover.diffusion.ConfigFile;
import drover.inference.EngineException;
import drover.picture.Picture;
import drover.picture.Resampling;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Makes of a picture what CLIP's picture encoder wants to see, as the reference implementation does: the shorter side
 * scaled to a length, the middle cut out, the colours scaled and normalised. Settings come from a {@code
 * preprocessor_config.json}.
 *
 * @param shortest pixels of the shorter side after scaling
 * @param side pixels of each side of the square that is cut out
 * @param factor what a colour of 0 to 255 is multiplied with
 * @param mean what is then taken from red, green and blue
 * @param deviation what they are then divided by
 */
public record ClipImageProcessor(int shortest, int side, double factor, List<Double> mean, List<Double> deviation) {
    private static final String FILE = "preprocessor_config.json";
    private static final int CHANNELS = 3;
    private static final int BICUBIC = 3;
    private static final int MOST = 1 << 14;

    /** Of the pictures that CLIP was trained with. */
    private static final List<Double> MEAN = List.of(0.48145466, 0.4578275, 0.40821073);

    private static final List<Double> DEVIATION = List.of(0.26862954, 0.26130258, 0.27577711);

    public ClipImageProcessor {
        mean = List.copyOf(mean);
        deviation = List.copyOf(deviation);
        if (side < 1 || shortest < side || shortest > MOST) {
            throw new IllegalArgumentException("sides of " + shortest + " and " + side + " pixels do not fit together");
        }
        if (mean.size() != CHANNELS || deviation.size() != CHANNELS || deviation.contains(0.0)) {
            throw new IllegalArgumentException("mean and deviation must be of three colours, and no deviation 0");
        }
    }

    /**
     * Reads the settings that belong to a {@code safety_checker} folder: those of the {@code feature_extractor} folder
     * beside it, or CLIP's own if there is none.
     *
     * @param side what the network takes
     */
    public static ClipImageProcessor beside(Path checker, int side) throws EngineException {
        Path file = checker.resolveSibling("feature_extractor").resolve(FILE);
        if (!Files.exists(file)) {
            return new ClipImageProcessor(side, side, 1 / 255.0, MEAN, DEVIATION);
        }
        ConfigFile config = ConfigFile.read(file);
        config.supportsOnly("resample", BICUBIC);
        for (String step : List.of("do_resize", "do_center_crop", "do_rescale", "do_normalize")) {
            config.supportsOnly(step, true);
        }
        int crop = pixels(config, "crop_size", "height", side);
        int width = pixels(config, "crop_size", "width", side);
        if (crop != side || width != side) {
            throw new EngineException.BadModel(config.name() + ": crop_size is " + width + "x" + crop
                    + ", but the network beside it takes squares of " + side + " pixels");
        }
        try {
            return new ClipImageProcessor(
                    pixels(config, "size", "shortest_edge", side),
                    side,
                    config.number("rescale_factor", 1 / 255.0),
                    config.has("image_mean") ? config.numbers("image_mean") : MEAN,
                    config.has("image_std") ? config.numbers("image_std") : DEVIATION);
        } catch (IllegalArgumentException e) {
            throw new EngineException.BadModel(config.name() + ": " + e.getMessage(), e);
        }
    }

    /** A length that older files write as a bare number. */
    private static int pixels(ConfigFile config, String key, String part, int absent) throws EngineException.BadModel {
        if (!config.has(key)) {
            return absent;
        }
        return config.raw(key).isObject() ? config.object(key).integer(part) : config.integer(key);
    }

    /** Red, green and blue planes of {@code side × side} values, row-major. */
    public float[] pixels(Picture picture) {
        int width = picture.width();
        int height = picture.height();
        boolean wide = width > height;
        int longest = (int) ((long) Math.max(width, height) * shortest / Math.min(width, height));
        Picture scaled = Resampling.bicubic(picture, wide ? longest : shortest, wide ? shortest : longest);
        int left = (scaled.width() - side) / 2;
        int top = (scaled.height() - side) / 2;
        float[] planes = new float[CHANNELS * side * side];
        for (int channel = 0; channel < CHANNELS; channel++) {
            double middle = mean.get(channel);
            double spread = deviation.get(channel);
            int at = channel * side * side;
            for (int y = 0; y < side; y++) {
                for (int x = 0; x < side; x++) {
                    int pixel = scaled.rgb()[CHANNELS * ((y + top) * scaled.width() + x + left) + channel] & 0xff;
                    planes[at++] = (float) ((pixel * factor - middle) / spread);
                }
            }
        }
        return planes;
    }
}
