package drover.safety;

import java.time.Duration;
import java.util.Optional;

/**
 * What a process looks at pictures with.
 *
 * @param checker looks at pixels; empty if nothing here does
 * @param filter reads prompts
 * @param timeout how long one look may take
 */
public record SafetyParts(Optional<PictureChecker.Opener> checker, PromptFilter filter, Duration timeout) {
    /** How long one look may take unless somebody says otherwise. */
    public static final Duration TIMEOUT = Duration.ofSeconds(30);

    /** Prompts are read, pictures are not looked at. */
    public static SafetyParts withoutChecker() {
        return new SafetyParts(Optional.empty(), PromptFilter.standard(), TIMEOUT);
    }
}
