package drover.diffusion;

import drover.inference.EngineException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** A model that has some parts of its own, such as a UNet for inpainting, and shares the rest with another. */
record BorrowedParts(DiffusersFolder own, DiffusersFolder lender) implements ModelSource {
    private DiffusersFolder home(String part) {
        return Files.isDirectory(own.path().resolve(part)) ? own : lender;
    }

    @Override
    public Path path() {
        return own.path();
    }

    @Override
    public Architecture architecture() throws EngineException {
        return Architecture.of(own.pipeline(), config("text_encoder"));
    }

    @Override
    public ConfigFile config(String part) throws EngineException {
        return home(part).config(part);
    }

    @Override
    public Part weights(String part, Function<Set<String>, UnaryOperator<String>> naming) throws EngineException {
        return home(part).weights(part, naming);
    }

    @Override
    public Path tokenizer(String part) {
        return home(part).tokenizer(part);
    }

    @Override
    public boolean zerosForNoPrompt() throws EngineException {
        return own.zerosForNoPrompt();
    }

    @Override
    public Path defaults() {
        return own.defaults();
    }

    @Override
    public List<Path> files() throws EngineException {
        List<Path> files = new ArrayList<>();
        for (String part : architecture().parts()) {
            files.addAll(home(part).files(part));
        }
        return files;
    }

    @Override
    public long bytes() throws EngineException {
        long bytes = 0;
        for (String part : architecture().parts()) {
            bytes += home(part).bytes(part);
        }
        return bytes;
    }
}
