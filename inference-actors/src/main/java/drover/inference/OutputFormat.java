package drover.inference;

import drover.picture.JpegEncoder;
import drover.picture.WebpEncoder;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * How a finished picture is written.
 *
 * @param kind the file format
 * @param quality 1 to 100, for {@link Kind#WEBP} and {@link Kind#JPEG}; the others lose nothing
 * @param effort 0 (fast) to 6 (small), for WebP
 * @param parameters whether it is written into the file what the picture was made from
 */
public record OutputFormat(Kind kind, int quality, int effort, boolean parameters) {
    /** What is used when nobody says more. */
    public static final OutputFormat PNG = of(Kind.PNG);

    /** What workers of the AI Horde send: without any word of the prompt. */
    public static final OutputFormat HORDE = new OutputFormat(Kind.WEBP, 95, 6, false);

    /** Quality where nobody names one. */
    public static final int DEFAULT_QUALITY = 90;

    private static final int DEFAULT_EFFORT = 4;

    /** A file format. */
    public enum Kind {
        /** Without loss; the parameters are texts. */
        PNG("image/png", Integer.MAX_VALUE),
        /** WebP with losses; the parameters are Exif data, as for the following. */
        WEBP("image/webp", WebpEncoder.MAX_SIDE),
        /** WebP without loss. */
        WEBP_LOSSLESS("image/webp", WebpEncoder.MAX_SIDE),
        /** With losses. */
        JPEG("image/jpeg", JpegEncoder.MAX_SIDE);

        private final String mediaType;
        private final int maxSide;

        Kind(String mediaType, int maxSide) {
            this.mediaType = mediaType;
            this.maxSide = maxSide;
        }

        /** Such as {@code image/png}. */
        public String mediaType() {
            return mediaType;
        }

        /** The most pixels that the format allows for width and height each. */
        public int maxSide() {
            return maxSide;
        }

        /** Whether a quality can be chosen. */
        public boolean isLossy() {
            return this == WEBP || this == JPEG;
        }

        /** The name in requests: {@code png}, {@code webp}, {@code webp_lossless}, {@code jpeg}. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** Reads a name; case does not matter, nor does a hyphen for the underscore. */
        public static Optional<Kind> byName(String name) {
            String plain = name.strip().toLowerCase(Locale.ROOT).replace('-', '_');
            return Arrays.stream(values())
                    .filter(kind -> kind.text().equals(plain.equals("jpg") ? "jpeg" : plain))
                    .findFirst();
        }

        /** All names, for messages. */
        public static String names() {
            return Arrays.stream(values()).map(Kind::text).collect(Collectors.joining(", "));
        }
    }

    public OutputFormat {
        if (quality < 1 || quality > 100) {
            throw new IllegalArgumentException("quality must be 1 to 100, but was " + quality);
        }
        if (effort < 0 || effort > WebpEncoder.MAX_EFFORT) {
            throw new IllegalArgumentException("effort must be 0 to 6, but was " + effort);
        }
    }

    /** The format with its defaults, and with the parameters in the file. */
    public static OutputFormat of(Kind kind) {
        return new OutputFormat(kind, DEFAULT_QUALITY, DEFAULT_EFFORT, true);
    }

    /** This with another quality. */
    public OutputFormat withQuality(int other) {
        return new OutputFormat(kind, other, effort, parameters);
    }
}
