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
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A whole model in one safetensors file, under the key names of its original authors. The keys tell the architecture;
 * settings are that architecture's, unless a folder beside the file, called like it, holds others ({@code
 * unet/config.json} and so on). The file has no vocabulary: it is taken from that folder's {@code tokenizer}, or from a
 * {@code tokenizer} folder beside the file.
 */
record SingleFile(Path path, Path settings, Architecture kind, int sampleChannels) implements ModelSource {
    static final String EXTENSION = ".safetensors";

    private static final String FIRST_CONVOLUTION = "model.diffusion_model.input_blocks.0.0.weight";

    /** Keys that only one kind of file has, in the order in which they are looked for. */
    private enum Look {
        XL("conditioner.embedders.1.", "SDXL"),
        REFINER("conditioner.embedders.0.model.", "the SDXL refiner"),
        TWO("cond_stage_model.model.", "Stable Diffusion 2"),
        ONE("cond_stage_model.transformer.", "Stable Diffusion 1"),
        FLUX("double_blocks.", "Flux"),
        THREE("model.diffusion_model.joint_blocks.", "Stable Diffusion 3"),
        CONTROL("control_model.", "a ControlNet"),
        CONTROL_DIFFUSERS("controlnet_cond_embedding.", "a ControlNet"),
        LORA("lora_", "a LoRA"),
        INVERSION("emb_params", "a textual inversion"),
        PART("down_blocks.", "one part of a diffusers model"),
        VAE("first_stage_model.", "an autoencoder alone"),
        PLAIN_VAE("decoder.", "an autoencoder alone"),
        UPSCALER("model.0.weight", "an upscaler");

        private final String prefix;
        private final String name;

        Look(String prefix, String name) {
            this.prefix = prefix;
            this.name = name;
        }
    }

    /**
     * Looks at the keys of a file.
     *
     * @param settings a folder that may hold settings and tokenizers; need not exist
     * @throws EngineException.Unsupported if they are of another kind of model
     * @throws EngineException.BadModel if the file cannot be read, or is a pickle
     */
    static SingleFile open(Path path, Path settings) throws EngineException {
        try (SafeTensors file = SafeTensors.open(path)) {
            Architecture kind = kind(path, file.names());
            TensorInfo first = file.find(FIRST_CONVOLUTION)
                    .orElseThrow(() -> new EngineException.BadModel(path + " looks like " + kind.commonName()
                            + ", but lacks " + FIRST_CONVOLUTION + "; get the file again"));
            if (first.shape().size() != 4 || first.shape().get(1) > Integer.MAX_VALUE) {
                throw new EngineException.BadModel(path + ": " + FIRST_CONVOLUTION + " has the shape " + first.shape()
                        + "; expected four dimensions");
            }
            return new SingleFile(path, settings, kind, first.shape().get(1).intValue());
        } catch (WeightsException e) {
            throw new EngineException.BadModel(String.valueOf(e.getMessage()), e);
        }
    }

    private static Architecture kind(Path path, Set<String> names) throws EngineException.Unsupported {
        Look look = Arrays.stream(Look.values())
                .filter(l -> names.stream().anyMatch(name -> name.startsWith(l.prefix)))
                .findFirst()
                .orElseThrow(() -> new EngineException.Unsupported(path
                        + " has none of the keys of a model that is known here; its first is "
                        + names.stream().findFirst().orElse("absent")));
        return switch (look) {
            case XL -> Architecture.STABLE_DIFFUSION_XL;
            case ONE -> Architecture.STABLE_DIFFUSION;
            default ->
                throw new EngineException.Unsupported(path + " looks like " + look.name
                        + "; whole checkpoints of Stable Diffusion 1 and SDXL are supported");
        };
    }

    @Override
    public String architecture() {
        return kind.pipeline();
    }

    @Override
    public ConfigFile config(String part) throws EngineException {
        Path own = settings.resolve(part);
        String file = part.equals("scheduler") ? "scheduler_config.json" : "config.json";
        if (Files.exists(own.resolve(file))) {
            return ConfigFile.read(own.resolve(file));
        }
        String resource = "/drover/architectures/%s/%s.json"
                .formatted(kind == Architecture.STABLE_DIFFUSION_XL ? "sdxl" : "sd1", part);
        ConfigFile known = ConfigFile.resource(resource);
        return part.equals("unet") ? known.with("in_channels", sampleChannels) : known;
    }

    @Override
    public Part weights(String part, Function<Set<String>, UnaryOperator<String>> naming) throws EngineException {
        Function<String, Stored> names = switch (part) {
            case "unet" -> OriginalNames.unet(UNetConfig.of(config(part)));
            case "vae" ->
                OriginalNames.vae(VaeConfig.of(config(part)).channels().size());
            case "text_encoder" ->
                OriginalNames.clip(
                        kind == Architecture.STABLE_DIFFUSION_XL
                                ? "conditioner.embedders.0.transformer."
                                : "cond_stage_model.transformer.");
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

    @Override
    public Path tokenizer(String part) throws EngineException.BadModel {
        Path beside = path.resolveSibling("tokenizer");
        List<Path> places = List.of(settings.resolve(part), settings.resolve("tokenizer"), beside);
        return places.stream()
                .filter(place -> Files.exists(place.resolve("tokenizer_config.json")))
                .findFirst()
                .orElseThrow(() -> new EngineException.BadModel(path
                        + " has no vocabulary in it, as no file of its kind has; put CLIP's tokenizer folder"
                        + " (vocab.json, merges.txt, tokenizer_config.json) of any Stable Diffusion model to "
                        + beside));
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
    public long bytes() throws EngineException {
        try (SafeTensors file = SafeTensors.open(path)) {
            return file.bytes();
        } catch (WeightsException e) {
            throw new EngineException.BadModel(String.valueOf(e.getMessage()), e);
        }
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
