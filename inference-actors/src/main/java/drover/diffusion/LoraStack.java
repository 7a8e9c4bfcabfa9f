package drover.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import drover.graph.LoadedWeights;
import drover.graph.WeightSpec;
import drover.inference.EngineException;
import drover.weights.Lora;
import drover.weights.RenamedWeights.Stored;
import drover.weights.WeightsException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Several LoRAs with their weights, to be added to a model's networks one after the other. The order does not matter.
 *
 * @param entries each may be there twice
 */
public record LoraStack(List<Entry> entries) {
    private static final String WEIGHT = ".weight";
    private static final String UNET = "model.diffusion_model.";

    public LoraStack {
        entries = List.copyOf(entries);
    }

    /** A LoRA and how much of it; the weight may be negative. */
    public record Entry(Lora lora, double weight) {}

    /** What is changed in a text encoder. */
    LoadedWeights.Patch ofTextEncoder(String part) {
        return patch(textEncoderNames(part));
    }

    /** What is changed in a UNet. */
    LoadedWeights.Patch ofUnet(UNetConfig config) {
        return patch(unetNames(config));
    }

    /** What a file may call a module of a text encoder. */
    static Function<String, List<String>> textEncoderNames(String part) {
        List<String> kohya = part.equals("text_encoder") ? List.of("lora_te_", "lora_te1_") : List.of("lora_te2_");
        return module -> {
            List<String> names = new ArrayList<>();
            kohya.forEach(prefix -> names.add(prefix + underscored(module)));
            names.add(part + "." + module);
            return names;
        };
    }

    /** What a file may call a module of a UNet; kohya's files call its blocks as diffusers does, or as the authors did. */
    static Function<String, List<String>> unetNames(UNetConfig config) {
        Function<String, Stored> originals = OriginalNames.unet(config);
        return module -> {
            String original = originals.apply(module + WEIGHT).name();
            String stem = original.substring(UNET.length(), original.length() - WEIGHT.length());
            return List.of("lora_unet_" + underscored(module), "lora_unet_" + underscored(stem), "unet." + module);
        };
    }

    /** Whether a LoRA changes any of these weights. */
    static boolean changes(Lora lora, List<WeightSpec> specs, Function<String, List<String>> namesOf) {
        return specs.stream()
                .map(WeightSpec::key)
                .filter(key -> key.endsWith(WEIGHT))
                .map(key -> key.substring(0, key.length() - WEIGHT.length()))
                .anyMatch(module -> namesOf.apply(module).stream().anyMatch(lora.modules()::contains));
    }

    /** The names cannot be split back, so they are made from the module's. */
    private static String underscored(String module) {
        return module.replace('.', '_');
    }

    private LoadedWeights.Patch patch(Function<String, List<String>> namesOf) {
        return (manager, spec) -> {
            if (!spec.key().endsWith(WEIGHT)) {
                return Optional.empty();
            }
            String module = spec.key().substring(0, spec.key().length() - WEIGHT.length());
            return sum(manager, spec, namesOf.apply(module));
        };
    }

    private Optional<NDArray> sum(NDManager manager, WeightSpec spec, List<String> names) throws EngineException {
        try {
            Optional<NDArray> sum = Optional.empty();
            for (Entry entry : entries) {
                Optional<NDArray> change = entry.lora().change(manager, names, spec.shape(), entry.weight());
                if (change.isPresent() && sum.isPresent()) {
                    sum.get().addi(change.get());
                    change.get().close();
                } else if (change.isPresent()) {
                    sum = change;
                }
            }
            return sum;
        } catch (WeightsException.Unsupported e) {
            throw new EngineException.Unsupported(String.valueOf(e.getMessage()));
        } catch (WeightsException e) {
            throw new EngineException.BadModel(String.valueOf(e.getMessage()), e);
        }
    }
}
