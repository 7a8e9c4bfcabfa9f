package drover.diffusion;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What the owner of a model says of it in {@code models.yaml}.
 *
 * @param path where it is, if it is called otherwise than its file or folder
 * @param vae an autoencoder in the place of its own: a file, or a folder in diffusers' layout
 * @param prediction what it predicts, where neither its settings nor its weights say so
 * @param clipSkip the layer of the text encoder when a request names none, counted from the end, 1 to 12
 * @param description for people
 * @param sha256 of its weights; see {@link ModelFiles#digest}
 */
public record ModelDeclaration(
        Optional<Path> path,
        Optional<Path> vae,
        Optional<Prediction> prediction,
        Optional<Integer> clipSkip,
        Optional<String> description,
        Optional<String> sha256) {
    /** Of a model of which nothing is said. */
    public static final ModelDeclaration NONE = new ModelDeclaration(
            Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
}
