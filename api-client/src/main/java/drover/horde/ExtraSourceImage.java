package drover.horde;

import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import java.util.Objects;
import java.util.Optional;

/**
 * One more picture to go by.
 *
 * @param image the picture
 * @param strength 1 if absent
 */
public record ExtraSourceImage(
        @JsonDeserialize(using = Lenient.Source.class) ImageSource image, Optional<Double> strength) {
    public ExtraSourceImage {
        image = Objects.requireNonNullElse(image, new ImageSource.Inline(""));
    }

    static final class Reader extends Lenient.Entry<ExtraSourceImage> {
        private static final long serialVersionUID = 1L;

        Reader() {
            super(ExtraSourceImage.class);
        }
    }
}
