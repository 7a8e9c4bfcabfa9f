package drover.node;

import drover.graph.TorchOptions;
import drover.safety.ClipChecker;
import drover.safety.PictureChecker;
import drover.safety.PromptFilter;
import drover.safety.SafetyParts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What nodes look at pictures with.
 *
 * @param model a {@code safety_checker} folder, or a model folder with one in it; empty if nothing looks at pictures
 * @param words an operator's own words for the prompt filter
 * @param timeout how long one look may take
 */
public record SafetySettings(Optional<Path> model, Optional<Path> words, Duration timeout) {
    /** Nothing looks at pictures. */
    public static final SafetySettings NONE =
            new SafetySettings(Optional.empty(), Optional.empty(), SafetyParts.TIMEOUT);

    public SafetySettings {
        if (!timeout.isPositive()) {
            throw new IllegalArgumentException("timeout must be more than zero, but was " + timeout);
        }
    }

    /**
     * These settings at work in this process.
     *
     * @param torch how libtorch is used
     * @throws UncheckedIOException if the words cannot be read
     */
    SafetyParts parts(TorchOptions torch) {
        Optional<PictureChecker.Opener> opener = model.map(path -> () -> ClipChecker.open(path, torch));
        try {
            PromptFilter filter = words.isPresent() ? PromptFilter.with(words.get()) : PromptFilter.standard();
            return new SafetyParts(opener, filter, timeout);
        } catch (IOException e) {
            throw new UncheckedIOException("drover.safety.words-file cannot be used: " + e.getMessage(), e);
        }
    }
}
