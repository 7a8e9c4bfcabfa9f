package drover.golden;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.diffusion.ClipTextEncoder;
import drover.diffusion.LoraStack;
import drover.diffusion.ModelSource;
import drover.diffusion.UNet2DConditionModel;
import drover.graph.Torch;
import drover.inference.EngineException;
import drover.weights.Lora;
import drover.weights.WeightsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Cases of LoRAs: the networks of a model with each set of LoRAs that an output is named for. */
final class LoraCases {
    private static final Pattern ONE = Pattern.compile("(.+)_w(-?[0-9.]+)");
    private static final Pattern BOTH = Pattern.compile("both_([0-9.]+)_and_([0-9.]+)");
    private static final Pattern PLAIN = Pattern.compile("w(-?[0-9.]+)");
    private static final String EPS = "output.eps.";

    private final Torch torch;

    LoraCases(Torch torch) {
        this.torch = torch;
    }

    /** A file and how much of it. */
    private record Part(String file, double weight) {}

    /** {@code lora}, {@code lora_sdxl}. */
    void run(GoldenCase golden) throws EngineException, WeightsException {
        Path base =
                golden.folder().resolve(golden.description().text("base_model")).normalize();
        ModelSource model = ModelSource.at(base);
        boolean two = golden.has("input.input_ids_2");
        try (UNet2DConditionModel unet = UNet2DConditionModel.load(torch, model, "unet", DataType.FLOAT32);
                ClipTextEncoder first = ClipTextEncoder.load(torch, model, "text_encoder", DataType.FLOAT32);
                GoldenCase inputs = golden.other(base.resolve("goldens/unet_forward"))) {
            for (String output : golden.outputs()) {
                if (output.startsWith(EPS)) {
                    String name = output.substring(EPS.length());
                    List<LoraStack.Entry> entries = new ArrayList<>();
                    try {
                        for (Part part : parts(name)) {
                            Path file = golden.above(part.file() + ".safetensors");
                            entries.add(new LoraStack.Entry(Lora.open(file), part.weight()));
                        }
                        LoraStack stack = new LoraStack(entries);
                        unet(golden, inputs, unet, stack, output);
                        texts(golden, first, stack, name);
                        if (two) {
                            second(golden, model, stack, name);
                        }
                    } finally {
                        entries.forEach(entry -> entry.lora().close());
                    }
                }
            }
        }
    }

    private void unet(GoldenCase golden, GoldenCase inputs, UNet2DConditionModel plain, LoraStack stack, String output)
            throws EngineException, WeightsException {
        float timestep = (float) golden.description().integer("timestep");
        NDArray sample = inputs.array("input.sample");
        NDArray context = inputs.array("input.encoder_hidden_states");
        Optional<UNet2DConditionModel.Added> added = NetworkCases.added(inputs);
        try (UNet2DConditionModel unet = plain.with(torch, stack)) {
            golden.compare(output, unet.predict(golden.scope(), sample, timestep, context, added));
        }
    }

    private void texts(GoldenCase golden, ClipTextEncoder plain, LoraStack stack, String name)
            throws EngineException, WeightsException {
        try (ClipTextEncoder encoder = plain.with(torch, stack, "text_encoder")) {
            ClipTextEncoder.Encoding encoding =
                    encoder.encode(golden.scope(), NetworkCases.ids(golden, "input.input_ids"));
            golden.compare("output.text." + name, encoding.hidden(1));
            golden.compare("output.text1_last_hidden_state." + name, encoding.hidden(1));
        }
    }

    private void second(GoldenCase golden, ModelSource model, LoraStack stack, String name)
            throws EngineException, WeightsException {
        try (ClipTextEncoder plain = ClipTextEncoder.load(torch, model, "text_encoder_2", DataType.FLOAT32);
                ClipTextEncoder encoder = plain.with(torch, stack, "text_encoder_2")) {
            ClipTextEncoder.Encoding encoding =
                    encoder.encode(golden.scope(), NetworkCases.ids(golden, "input.input_ids_2"));
            golden.compare("output.text2_pooled." + name, encoding.projected());
        }
    }

    /** The files and weights that an output is named for. */
    private static List<Part> parts(String name) throws EngineException.Unsupported {
        Matcher both = BOTH.matcher(name);
        if (both.matches()) {
            return List.of(
                    new Part("kohya_fp16", Double.parseDouble(both.group(1))),
                    new Part("kohya_locon", Double.parseDouble(both.group(2))));
        }
        Matcher plain = PLAIN.matcher(name);
        if (plain.matches()) {
            return List.of(new Part("sdxl_kohya", Double.parseDouble(plain.group(1))));
        }
        Matcher one = ONE.matcher(name);
        if (one.matches()) {
            return List.of(new Part(one.group(1), Double.parseDouble(one.group(2))));
        }
        throw new EngineException.Unsupported("the set of LoRAs " + name);
    }
}
