package drover.diffusion;

import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import drover.graph.WeightSpec;
import drover.weights.SafeTensors;
import drover.weights.SafeTensorsFile;
import drover.weights.SmallTensor;
import drover.weights.TensorInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/**
 * A tiny Stable Diffusion 2, once in diffusers' layout and once under the original names. Its numbers are those of the tiny
 * checkpoints of Stable Diffusion 1 and SDXL where their shapes allow that; the names are mapped by the reference's own
 * map, which comes with those.
 */
public final class TinyTwo {
    private static final String TELLING = "up_blocks.3.attentions.2.transformer_blocks.0.norm1.bias";
    private static final String FUSED = " rows ";
    /** OpenCLIP's last layer, which Stable Diffusion 2 leaves out. */
    private static final String LAST_LAYER = "text_model.encoder.layers.4.";

    private final boolean velocity;
    private final int channels;

    @SuppressWarnings("ArrayRecordComponent") // Handed on, never compared.
    private record Values(List<Long> shape, float[] numbers) {}

    /**
     * @param velocity whether it is to look like one that predicts the velocity
     * @param channels 4, or 9 for inpainting
     */
    public TinyTwo(boolean velocity, int channels) {
        this.velocity = velocity;
        this.channels = channels;
    }

    /** Writes the diffusers folder. */
    public Path folder(Path folder) throws Exception {
        settings(folder);
        Files.writeString(folder.resolve("model_index.json"), "{\"_class_name\": \"StableDiffusionPipeline\"}");
        ObjectNode scheduler = (ObjectNode) Fixtures.json(Fixtures.path("sd15/scheduler/scheduler_config.json"));
        scheduler.put("prediction_type", velocity ? "v_prediction" : "epsilon");
        write(folder.resolve("scheduler/scheduler_config.json"), scheduler);
        write(folder.resolve("unet/diffusion_pytorch_model.safetensors"), unet());
        write(folder.resolve("vae/diffusion_pytorch_model.safetensors"), stored("sd15/vae/diffusion_pytorch_model"));
        Map<String, Values> text = stored("sdxl/text_encoder_2/model");
        text.keySet().removeIf(key -> key.startsWith(LAST_LAYER) || key.startsWith("text_projection"));
        write(folder.resolve("text_encoder/model.safetensors"), text);
        return folder;
    }

    /** Writes the settings of a tiny model and a vocabulary, but no scheduler. */
    public Path settings(Path folder) throws Exception {
        write(folder.resolve("unet/config.json"), unetConfig());
        write(folder.resolve("vae/config.json"), Fixtures.json(Fixtures.path("sd15/vae/config.json")));
        ObjectNode text = (ObjectNode) Fixtures.json(Fixtures.path("sdxl/text_encoder_2/config.json"));
        text.putArray("architectures").add("CLIPTextModel");
        text.put("num_hidden_layers", 4);
        write(folder.resolve("text_encoder/config.json"), text);
        Path tokenizer = Files.createDirectories(folder.resolve("tokenizer"));
        try (Stream<Path> files = Files.list(Fixtures.path("sd15/tokenizer"))) {
            for (Path file : files.toList()) {
                Files.copy(file, tokenizer.resolve(file.getFileName().toString()));
            }
        }
        return folder;
    }

    /** Writes the single file. */
    public Path file(Path file) throws Exception {
        JsonNode names = Fixtures.json(Fixtures.path("single-file/keys.json"));
        Map<String, Values> all = new LinkedHashMap<>();
        unet().forEach((key, values) -> all.put(names.at("/sd15/unet").path(key).textValue(), values));
        stored("sd15/vae/diffusion_pytorch_model").forEach((key, values) -> {
            boolean pixel = key.contains(".attentions.") && values.shape().size() == 2;
            List<Long> shape =
                    pixel ? List.of(values.shape().get(0), values.shape().get(1), 1L, 1L) : values.shape();
            all.put(names.at("/sd15/vae").path(key).textValue(), new Values(shape, values.numbers()));
        });
        Map<String, Values> text = stored("sdxl/text_encoder_2/model");
        for (Map.Entry<String, Values> entry : text.entrySet()) {
            String name = names.at("/sdxl/text_encoder_2")
                    .path(entry.getKey())
                    .textValue()
                    .replace("conditioner.embedders.1.model.", "cond_stage_model.model.");
            int fused = name.indexOf(FUSED);
            if (name.contains("text_projection")) {
                all.put("cond_stage_model.model.text_projection", entry.getValue());
            } else if (fused < 0) {
                all.put(name, entry.getValue());
            } else if (name.endsWith("0:H")) {
                all.put(name.substring(0, fused), fused(text, entry.getKey()));
            }
        }
        all.put("cond_stage_model.model.logit_scale", new Values(List.of(1L), new float[] {4.6f}));
        write(file, all);
        return file;
    }

    /** Query, key and value, one below the other. */
    private static Values fused(Map<String, Values> text, String query) {
        List<Values> three = Stream.of("q_proj", "k_proj", "v_proj")
                .map(part -> text.get(query.replace("q_proj", part)))
                .toList();
        int length = three.getFirst().numbers().length;
        float[] numbers = new float[3 * length];
        for (int i = 0; i < three.size(); i++) {
            System.arraycopy(three.get(i).numbers(), 0, numbers, i * length, length);
        }
        List<Long> shape = new ArrayList<>(three.getFirst().shape());
        shape.set(0, 3 * shape.getFirst());
        return new Values(shape, numbers);
    }

    private JsonNode unetConfig() throws IOException {
        ObjectNode config = (ObjectNode) Fixtures.json(Fixtures.path("sd15/unet/config.json"));
        config.put("cross_attention_dim", 40)
                .put("use_linear_projection", true)
                .put("upcast_attention", true)
                .put("in_channels", channels);
        config.putArray("attention_head_dim").add(2).add(4).add(4).add(4);
        return config;
    }

    private Map<String, Values> unet() throws Exception {
        UNetConfig config = UNetConfig.of(ConfigFile.of("unet", unetConfig()));
        Map<String, Values> similar = stored("sd15/unet/diffusion_pytorch_model");
        Random random = new Random(5);
        Map<String, Values> all = new LinkedHashMap<>();
        for (WeightSpec spec : UNetGraph.describe(config, DataType.FLOAT32).weights()) {
            int size = Math.toIntExact(spec.shape().size());
            Values values = similar.get(spec.key());
            float[] numbers = new float[size];
            if (values != null && values.numbers().length == size) {
                numbers = values.numbers();
            } else {
                for (int i = 0; i < size; i++) {
                    numbers[i] = (float) (0.1 * random.nextGaussian());
                }
            }
            if (spec.key().equals(TELLING)) {
                for (int i = 0; i < size; i++) {
                    numbers[i] = (i % 2 == 0 ? 1 : -1) * (velocity ? 0.2f : 0.02f);
                }
            }
            all.put(
                    spec.key(),
                    new Values(Arrays.stream(spec.shape().getShape()).boxed().toList(), numbers));
        }
        return all;
    }

    private static Map<String, Values> stored(String fixture) throws Exception {
        Path path = Fixtures.path(fixture + ".safetensors");
        Map<String, Values> all = new LinkedHashMap<>();
        try (SafeTensors file = SafeTensors.open(path)) {
            for (String name : file.names()) {
                List<Long> shape = file.find(name).map(TensorInfo::shape).orElseThrow();
                all.put(
                        name,
                        new Values(shape, SmallTensor.floats(path, file, name).orElseThrow()));
            }
        }
        return all;
    }

    private static void write(Path file, Map<String, Values> tensors) throws IOException {
        SafeTensorsFile written = new SafeTensorsFile();
        tensors.forEach((name, values) -> written.floats(name, values.shape(), values.numbers()));
        Files.createDirectories(file.getParent());
        written.write(file);
    }

    private static void write(Path file, JsonNode json) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, json.toString());
    }
}
