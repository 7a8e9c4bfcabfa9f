package drover.diffusion;

import drover.inference.EngineException;
import drover.weights.Checkpoint;
import drover.weights.RenamedWeights;
import drover.weights.SafeTensors;
import drover.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** A model with what its owner says of it: another autoencoder, another prediction. */
record DeclaredSource(ModelSource model, ModelDeclaration declared) implements ModelSource {
    private static final String VAE = "vae";
    private static final String STEM = "diffusion_pytorch_model";
    /** Only diffusers' names have it. */
    private static final String DIFFUSERS = "decoder.up_blocks.";

    private Optional<Path> other(String part) {
        return part.equals(VAE) ? declared.vae() : Optional.empty();
    }

    @Override
    public Path path() {
        return model.path();
    }

    @Override
    public Architecture architecture() throws EngineException {
        return model.architecture();
    }

    @Override
    public ConfigFile config(String part) throws EngineException {
        Optional<Path> folder = other(part).filter(Files::isDirectory);
        if (folder.isPresent()) {
            return ConfigFile.read(folder.get().resolve("config.json"));
        }
        ConfigFile config = model.config(part);
        return part.equals("scheduler") && declared.prediction().isPresent()
                ? config.with(Prediction.KEY, declared.prediction().get().configName())
                : config;
    }

    @Override
    public Part weights(String part, Function<Set<String>, UnaryOperator<String>> naming) throws EngineException {
        Optional<Path> other = other(part);
        if (other.isEmpty()) {
            return model.weights(part, naming);
        }
        Path path = other.get();
        try {
            if (Files.isDirectory(path)) {
                Checkpoint checkpoint = Checkpoint.open(path, STEM);
                return new Part(checkpoint, naming.apply(checkpoint.names()), path.toString());
            }
            SafeTensors file = SafeTensors.open(path);
            if (has(file, DIFFUSERS)) {
                return new Part(file, naming.apply(file.names()), path.toString());
            }
            String prefix = has(file, OriginalNames.VAE) ? OriginalNames.VAE : "";
            int blocks = VaeConfig.of(config(part)).channels().size();
            return new Part(
                    new RenamedWeights(file, OriginalNames.vae(prefix, blocks)),
                    UnaryOperator.identity(),
                    path.toString());
        } catch (WeightsException e) {
            throw new EngineException.BadModel(String.valueOf(e.getMessage()), e);
        }
    }

    private static boolean has(SafeTensors file, String prefix) {
        return file.names().stream().anyMatch(name -> name.startsWith(prefix));
    }

    @Override
    public Path tokenizer(String part) throws EngineException {
        return model.tokenizer(part);
    }

    @Override
    public boolean zerosForNoPrompt() throws EngineException {
        return model.zerosForNoPrompt();
    }

    @Override
    public Path defaults() {
        return model.defaults();
    }

    /** The model's own alone: what is declared beside it is not a part of it. */
    @Override
    public List<Path> files() throws EngineException {
        return new ArrayList<>(model.files());
    }

    @Override
    public long bytes() throws EngineException {
        return model.bytes();
    }
}
