package drover.diffusion;

import drover.inference.EngineException;
import drover.weights.Weights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Where the parts of a model come from. Parts have the names of the folders of a diffusers model: {@code unet}, {@code
 * vae}, {@code text_encoder}, {@code text_encoder_2}, {@code tokenizer}, {@code scheduler}.
 */
public sealed interface ModelSource permits DiffusersFolder, SingleFile, BorrowedParts, DeclaredSource {
    /** The weights of a part, to be closed by the one who asked. */
    record Part(Weights weights, UnaryOperator<String> storedName, String description) {}

    /** A diffusers folder, or a file with the original key names. */
    static ModelSource at(Path path) throws EngineException {
        return of(path, ModelDeclaration.NONE);
    }

    /** As {@link #at}, with what the owner says of it. */
    static ModelSource of(Path path, ModelDeclaration declared) throws EngineException {
        return of(path, declared, SingleFile.companion(path), SingleFile.vocabularyBeside(path));
    }

    /**
     * As {@link #of(Path, ModelDeclaration)}, where the file has not come to its place yet.
     *
     * @param settings the folder of settings of a single file
     * @param vocabulary the tokenizer of a single file that has none among its settings
     */
    static ModelSource of(Path path, ModelDeclaration declared, Path settings, Path vocabulary) throws EngineException {
        ModelSource plain = Files.isDirectory(path)
                ? new DiffusersFolder(path)
                : SingleFile.open(path, settings, vocabulary, declared.prediction());
        boolean asItIs = declared.vae().isEmpty() && declared.prediction().isEmpty();
        return asItIs ? plain : new DeclaredSource(plain, declared);
    }

    /**
     * A file or folder that is to become a model.
     *
     * @param target where it will be; what lies beside that, it will find there
     */
    static ModelSource incoming(Path path, Path target) throws EngineException {
        Path own = SingleFile.companion(path);
        Path settings = Files.isDirectory(own) ? own : SingleFile.companion(target);
        return of(path, ModelDeclaration.NONE, settings, SingleFile.vocabularyBeside(target));
    }

    /** The folder that holds settings of a single file, if it has any. */
    static Path settingsOf(Path file) {
        return SingleFile.companion(file);
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
        return SingleFile.open(file, settings, SingleFile.vocabularyBeside(file), Optional.empty());
    }

    /** The folder or file. */
    Path path();

    /** What kind of model it is. */
    Architecture architecture() throws EngineException;

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

    /** The files of its weights. */
    List<Path> files() throws EngineException;

    /** Bytes of its weights on disk. */
    long bytes() throws EngineException;
}
