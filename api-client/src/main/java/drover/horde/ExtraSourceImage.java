package drover.horde;

import java.util.Optional;

/**
 * One more picture to go by.
 *
 * @param image the picture
 * @param strength 1 if absent
 */
public record ExtraSourceImage(ImageSource image, Optional<Double> strength) {}
