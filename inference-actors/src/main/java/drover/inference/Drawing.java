package drover.inference;

import drover.picture.Picture;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One finished picture as an engine hands it over, not yet checked and not yet encoded.
 *
 * @param seed the seed that made it
 * @param texts what it was made from, by the keywords of {@link drover.picture.TextKeys}, for those formats and requests
 *     that want it in the file
 */
public record Drawing(Picture picture, long seed, Map<String, String> texts) {
    public Drawing {
        // In their order, so that the same picture gives the same file.
        texts = Collections.unmodifiableMap(new LinkedHashMap<>(texts));
    }
}
