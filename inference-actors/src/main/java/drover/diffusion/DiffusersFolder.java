package drover.diffusion;

import drover.inference.EngineException;
import drover.weights.Checkpoint;
import drover.weights.WeightsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** A model as diffusers keeps it: one folder for each part. */
record DiffusersFolder(Path path) implements ModelSource {
    static final String INDEX = "model_index.json";

    @Override
    public Architecture architecture() throws EngineException {
        String pipeline = pipeline();
        Architecture.ofPipeline(pipeline); // Another kind of model need not have the part that is looked at next.
        return Architecture.of(pipeline, config("text_encoder"));
    }

    /** Diffusers' name for what runs it. */
    String pipeline() throws EngineException.BadModel {
        return ConfigFile.read(path.resolve(INDEX)).text("_class_name");
    }

    @Override
    public ConfigFile config(String part) throws EngineException {
        String file = part.equals("scheduler") ? "scheduler_config.json" : "config.json";
        return ConfigFile.read(path.resolve(part).resolve(file));
    }

    @Override
    public Part weights(String part, Function<Set<String>, UnaryOperator<String>> naming) throws EngineException {
        Checkpoint checkpoint = checkpoint(part);
        return new Part(
                checkpoint, naming.apply(checkpoint.names()), path.resolve(part).toString());
    }

    private Checkpoint checkpoint(String part) throws EngineException.BadModel {
        String stem = part.startsWith("text_encoder") ? "model" : "diffusion_pytorch_model";
        try {
            return Checkpoint.open(path.resolve(part), stem);
        } catch (WeightsException e) {
            throw new EngineException.BadModel(part + ": its weights cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public Path tokenizer(String part) {
        return path.resolve(part);
    }

    @Override
    public boolean zerosForNoPrompt() throws EngineException {
        return ConfigFile.read(path.resolve(INDEX)).flag("force_zeros_for_empty_prompt", false);
    }

    @Override
    public Path defaults() {
        return path.resolve(ModelInfo.DEFAULTS_FILE);
    }

    @Override
    public List<Path> files() throws EngineException {
        List<Path> files = new ArrayList<>();
        for (String part : architecture().parts()) {
            files.addAll(files(part));
        }
        return files;
    }

    List<Path> files(String part) throws EngineException {
        try (Checkpoint checkpoint = checkpoint(part)) {
            return checkpoint.paths();
        }
    }

    @Override
    public long bytes() throws EngineException {
        long bytes = 0;
        for (String part : architecture().parts()) {
            bytes += bytes(part);
        }
        return bytes;
    }

    long bytes(String part) throws EngineException {
        try (Checkpoint checkpoint = checkpoint(part)) {
            return checkpoint.bytes();
        }
    }
}
