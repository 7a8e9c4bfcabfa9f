package drover.diffusion;

import drover.inference.EngineException;
import drover.weights.Weights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Where the parts of a model come from. Parts have the names of the folders of a diffusers model: {@code unet}, {@code
 * vae}, {@code text_encoder}, {@code text_encoder_2}, {@code tokenizer}, {@code scheduler}.
 */
public sealed interface ModelSource permits DiffusersFolder, SingleFile, BorrowedParts {
    /** The weights of a part, to be closed by the one who asked. */
    record Part(Weights weights, UnaryOperator<String> storedName, String description) {}

    /** A diffusers folder, or a file with the original key names. */
    static ModelSource at(Path path) throws EngineException {
        return Files.isDirectory(path) ? new DiffusersFolder(path) : SingleFile.open(path, SingleFile.companion(path));
    }

    /** A diffusers folder that lacks some parts, and another that has them. */
    static ModelSource borrowing(Path folder, Path lender) {
        return new BorrowedParts(new DiffusersFolder(folder), new DiffusersFolder(lender));
    }

    /**
     * A file with the original key names.
     *
     * @param settings a folder of diffusers' layout whose settings and tokenizers count, where it has any
     */
    static ModelSource singleFile(Path file, Path settings) throws EngineException {
        return SingleFile.open(file, settings);
    }

    /** The folder or file. */
    Path path();

    /** The name that diffusers has for a pipeline of this architecture. */
    String architecture() throws EngineException;

    /** The settings of a part. */
    ConfigFile config(String part) throws EngineException;

    /**
     * Opens the weights of a part.
     *
     * @param naming given the names in a checkpoint of diffusers' layout, turns a key of a graph into one of them
     */
    Part weights(String part, Function<Set<String>, UnaryOperator<String>> naming) throws EngineException;

    /** The folder of a tokenizer. */
    Path tokenizer(String part) throws EngineException;

    /** Whether a negative prompt that is absent, not just empty, stands for zeros. */
    boolean zerosForNoPrompt() throws EngineException;

    /** Where the owner may set the defaults of requests. */
    Path defaults();

    /** Bytes of its weights on disk. */
    long bytes() throws EngineException;
}
