package drover.diffusion;

import drover.inference.EngineException;
import drover.weights.RenamedWeights;
import drover.weights.RenamedWeights.Stored;
import drover.weights.SafeTensors;
import drover.weights.TensorInfo;
import drover.weights.Weights;
import drover.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A whole model in one safetensors file, under the key names of its original authors. The keys tell the architecture;
 * settings are that architecture's, unless a folder beside the file, called like it, holds others ({@code
 * unet/config.json} and so on). The file has no vocabulary: it is taken from that folder's {@code tokenizer}, or from a
 * {@code tokenizer} folder beside the file.
 *
 * @param kind what the keys say
 * @param sampleChannels what the UNet takes: 4, or 9 for inpainting
 * @param vocabulary where a tokenizer is looked for that the settings do not have
 * @param prediction what it predicts
 * @param zeroTerminal whether it was trained down to no signal at all
 */
record SingleFile(
        Path path,
        Path settings,
        Path vocabulary,
        Architecture kind,
        int sampleChannels,
        Prediction prediction,
        boolean zeroTerminal)
        implements ModelSource {
    static final String EXTENSION = ".safetensors";

    private static final String FIRST_CONVOLUTION = "model.diffusion_model.input_blocks.0.0.weight";
    /** A key that some checkpoints have beside {@code v_pred}. */
    private static final String ZERO_TERMINAL_MARK = "ztsnr";
    /** The side of a latent of those Stable Diffusion 2 that predict the velocity: they draw 768 pixels, not 512. */
    private static final int VELOCITY_SIDE = 96;

    /**
     * Looks at the keys of a file.
     *
     * @param settings a folder that may hold settings and tokenizers; need not exist
     * @param vocabulary a {@code tokenizer} folder; need not exist
     * @param declared what the owner says that it predicts; else the settings say it, and else it is told from the
     *     weights
     * @throws EngineException.Unsupported if they are of another kind of model
     * @throws EngineException.BadModel if the file cannot be read, or is a pickle
     */
    static SingleFile open(Path path, Path settings, Path vocabulary, Optional<Prediction> declared)
            throws EngineException {
        try (SafeTensors file = SafeTensors.open(path)) {
            Architecture kind = CheckpointKind.of(file.names())
                    .architecture()
                    .orElseThrow(() -> new EngineException.Unsupported(
                            path + " " + CheckpointKind.of(file.names()).words(file.names())
                                    + "; whole checkpoints of Stable Diffusion 1 and 2 and of SDXL are supported"));
            TensorInfo first = file.find(FIRST_CONVOLUTION)
                    .orElseThrow(() -> new EngineException.BadModel(path + " looks like " + kind.commonName()
                            + ", but lacks " + FIRST_CONVOLUTION + "; get the file again"));
            if (first.shape().size() != 4 || first.shape().get(1) > Integer.MAX_VALUE) {
                throw new EngineException.BadModel(path + ": " + FIRST_CONVOLUTION + " has the shape " + first.shape()
                        + "; expected four dimensions");
            }
            int channels = first.shape().get(1).intValue();
            Path scheduler = settings.resolve("scheduler").resolve("scheduler_config.json");
            Prediction prediction;
            if (declared.isPresent()) {
                prediction = declared.get();
            } else if (Files.exists(scheduler)) {
                prediction = Prediction.of(ConfigFile.read(scheduler));
            } else {
                prediction = Prediction.told(path, file, kind, channels);
            }
            boolean zeroTerminal = prediction == Prediction.V_PREDICTION
                    && file.find(ZERO_TERMINAL_MARK).isPresent();
            return new SingleFile(path, settings, vocabulary, kind, channels, prediction, zeroTerminal);
        } catch (WeightsException e) {
            throw new EngineException.BadModel(String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public Architecture architecture() {
        return kind;
    }

    @Override
    public ConfigFile config(String part) throws EngineException {
        Path own = settings.resolve(part);
        String file = part.equals("scheduler") ? "scheduler_config.json" : "config.json";
        if (Files.exists(own.resolve(file))) {
            ConfigFile config = ConfigFile.read(own.resolve(file));
            return part.equals("scheduler") ? predicting(config) : config;
        }
        ConfigFile known = ConfigFile.resource("/drover/architectures/%s/%s.json".formatted(kind.shortName(), part));
        return switch (part) {
            case "unet" -> {
                boolean large = kind == Architecture.STABLE_DIFFUSION_2 && prediction == Prediction.V_PREDICTION;
                ConfigFile sized = large ? known.with("sample_size", VELOCITY_SIDE) : known;
                yield sized.with("in_channels", sampleChannels);
            }
            case "scheduler" -> {
                ConfigFile scheduler = predicting(known);
                yield zeroTerminal ? scheduler.with(NoiseSchedule.ZERO_TERMINAL, true) : scheduler;
            }
            default -> known;
        };
    }

    private ConfigFile predicting(ConfigFile scheduler) {
        return scheduler.with(Prediction.KEY, prediction.configName());
    }

    @Override
    public Part weights(String part, Function<Set<String>, UnaryOperator<String>> naming) throws EngineException {
        Function<String, Stored> names = switch (part) {
            case "unet" -> OriginalNames.unet(UNetConfig.of(config(part)));
            case "vae" ->
                OriginalNames.vae(VaeConfig.of(config(part)).channels().size());
            case "text_encoder" -> textEncoder();
            case "text_encoder_2" -> OriginalNames.openClip("conditioner.embedders.1.model.");
            default -> throw new IllegalArgumentException("no part of a single file: " + part);
        };
        try {
            Weights renamed = new RenamedWeights(SafeTensors.open(path), names);
            return new Part(renamed, UnaryOperator.identity(), path.toString());
        } catch (WeightsException e) {
            throw new EngineException.BadModel(String.valueOf(e.getMessage()), e);
        }
    }

    private Function<String, Stored> textEncoder() {
        return switch (kind) {
            case STABLE_DIFFUSION -> OriginalNames.clip("cond_stage_model.transformer.");
            case STABLE_DIFFUSION_2 -> OriginalNames.openClip("cond_stage_model.model.");
            case STABLE_DIFFUSION_XL -> OriginalNames.clip("conditioner.embedders.0.transformer.");
        };
    }

    @Override
    public Path tokenizer(String part) throws EngineException.BadModel {
        List<Path> places = List.of(settings.resolve(part), settings.resolve("tokenizer"), vocabulary);
        return places.stream()
                .filter(place -> Files.exists(place.resolve("tokenizer_config.json")))
                .findFirst()
                .orElseThrow(() -> new EngineException.BadModel(path
                        + " has no vocabulary in it, as no file of its kind has; put CLIP's tokenizer folder"
                        + " (vocab.json, merges.txt, tokenizer_config.json) of any Stable Diffusion model to "
                        + vocabulary));
    }

    @Override
    public boolean zerosForNoPrompt() {
        return false;
    }

    @Override
    public Path defaults() {
        return settings.resolve(ModelInfo.DEFAULTS_FILE);
    }

    @Override
    public List<Path> files() {
        return List.of(path);
    }

    @Override
    public long bytes() throws EngineException {
        try (SafeTensors file = SafeTensors.open(path)) {
            return file.bytes();
        } catch (WeightsException e) {
            throw new EngineException.BadModel(String.valueOf(e.getMessage()), e);
        }
    }

    /** The tokenizer that all single files of a folder share. */
    static Path vocabularyBeside(Path path) {
        return path.resolveSibling("tokenizer");
    }

    /** The folder of that file's name without its extension. */
    static Path companion(Path path) {
        return path.resolveSibling(name(path));
    }

    /** A file's name without its extension. */
    static String name(Path path) {
        @Nullable Path last = path.getFileName();
        String name = last == null ? "" : last.toString();
        return name.endsWith(EXTENSION) ? name.substring(0, name.length() - EXTENSION.length()) : name + ".d";
    }
}
