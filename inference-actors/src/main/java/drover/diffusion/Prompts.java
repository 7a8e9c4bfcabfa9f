package drover.diffusion;

import java.util.List;
import java.util.Optional;

/**
 * What a picture should show.
 *
 * @param positive what to draw
 * @param negative what to keep away from; absent means nothing at all, which to some models is another thing than empty
 * @param guidance classifier-free guidance scale; with 1 the negative prompt is not used
 * @param clipSkip which layer of the text encoders, counted from 1 at the end, for both prompts; SDXL takes the last but
 *     one for 1 as well
 * @param inversions what the prompts mention as {@code embedding:NAME}
 */
public record Prompts(
        String positive, Optional<String> negative, double guidance, int clipSkip, List<TextualInversion> inversions) {
    public Prompts {
        inversions = List.copyOf(inversions);
    }

    /** Prompts of words alone. */
    public Prompts(String positive, Optional<String> negative, double guidance, int clipSkip) {
        this(positive, negative, guidance, clipSkip, List.of());
    }

    boolean guided() {
        return guidance > 1;
    }
}
