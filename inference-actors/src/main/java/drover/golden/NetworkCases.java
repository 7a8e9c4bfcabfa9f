package drover.golden;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.diffusion.AutoencoderKL;
import drover.diffusion.ClipTextEncoder;
import drover.diffusion.ModelSource;
import drover.diffusion.UNet2DConditionModel;
import drover.graph.Torch;
import drover.inference.EngineException;
import drover.upscale.RrdbNet;
import drover.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Cases of one network alone. */
final class NetworkCases {
    private static final Pattern AT_TIMESTEP = Pattern.compile("output\\..*_t([0-9]+(?:\\.[0-9]+)?)");
    private static final Pattern CLIP_SKIP = Pattern.compile("output\\.clip_skip_([0-9]{1,3})");

    private final Torch torch;

    NetworkCases(Torch torch) {
        this.torch = torch;
    }

    /** {@code clip_text}: token ids to hidden states. */
    void textEncoder(GoldenCase golden) throws EngineException, WeightsException {
        Path part = golden.part("text_encoder");
        try (ClipTextEncoder encoder = ClipTextEncoder.load(torch, model(part), name(part), DataType.FLOAT32)) {
            ClipTextEncoder.Encoding encoding = encoder.encode(golden.scope(), ids(golden, "input.input_ids"));
            golden.compare("output.last_hidden_state", encoding.hidden(1));
            for (String output : golden.outputs()) {
                Matcher skip = CLIP_SKIP.matcher(output);
                if (skip.matches()) {
                    golden.compare(output, encoding.hidden(Integer.parseInt(skip.group(1))));
                }
            }
            golden.compare("output.pooled", encoding.pooled());
            if (golden.has("output.penultimate_no_norm")) {
                golden.compare("output.penultimate_no_norm", encoding.unnormed(2));
            }
        }
    }

    /** {@code sdxl_text}: the ids of both tokenizers to the hidden states of both encoders, side by side. */
    void twoTextEncoders(GoldenCase golden) throws EngineException, WeightsException {
        ModelSource model = ModelSource.at(golden.model());
        try (ClipTextEncoder first = ClipTextEncoder.load(torch, model, "text_encoder", DataType.FLOAT32);
                ClipTextEncoder second = ClipTextEncoder.load(torch, model, "text_encoder_2", DataType.FLOAT32)) {
            ClipTextEncoder.Encoding one = first.encode(golden.scope(), ids(golden, "input.input_ids"));
            ClipTextEncoder.Encoding two = second.encode(golden.scope(), ids(golden, "input.input_ids_2"));
            golden.compare("output.penultimate_1", one.unnormed(2));
            golden.compare("output.penultimate_2", two.unnormed(2));
            golden.compare("output.prompt_embeds", one.unnormed(2).concat(two.unnormed(2), -1));
            golden.compare("output.pooled_prompt_embeds", two.projected());
            golden.compare("output.last_hidden_state_1", one.hidden(1));
            golden.compare("output.last_hidden_state_2", two.hidden(1));
        }
    }

    private static ModelSource model(Path part) throws EngineException {
        return ModelSource.at(part.resolveSibling(".").normalize());
    }

    private static String name(Path part) {
        return String.valueOf(part.getFileName());
    }

    static long[][] ids(GoldenCase golden, String tensor) throws EngineException.BadModel, WeightsException {
        List<Long> shape = golden.shape(tensor);
        long[] flat = golden.array(tensor).toType(DataType.INT64, false).toLongArray();
        if (shape.size() != 2 || flat.length == 0) {
            throw new EngineException.BadModel(tensor + " has the shape " + shape + "; expected two dimensions");
        }
        int length = Math.toIntExact(shape.getLast());
        long[][] rows = new long[flat.length / length][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = Arrays.copyOfRange(flat, i * length, (i + 1) * length);
        }
        return rows;
    }

    /** {@code unet_forward}, {@code sdxl_unet_forward}: one pass at each timestep that an output is named for. */
    void unet(GoldenCase golden) throws EngineException, WeightsException {
        Path part = golden.part("unet");
        try (UNet2DConditionModel unet = UNet2DConditionModel.load(torch, model(part), name(part), DataType.FLOAT32)) {
            NDArray sample = golden.array("input.sample");
            NDArray context = golden.array("input.encoder_hidden_states");
            Optional<UNet2DConditionModel.Added> added = added(golden);
            for (String output : golden.outputs()) {
                Matcher timestep = AT_TIMESTEP.matcher(output);
                if (timestep.matches()) {
                    golden.compare(
                            output,
                            unet.predict(golden.scope(), sample, Float.parseFloat(timestep.group(1)), context, added));
                }
            }
        }
    }

    static Optional<UNet2DConditionModel.Added> added(GoldenCase golden) throws WeightsException {
        if (!golden.has("input.text_embeds")) {
            return Optional.empty();
        }
        return Optional.of(new UNet2DConditionModel.Added(
                golden.array("input.text_embeds"),
                golden.array("input.time_ids").toType(DataType.FLOAT32, false)));
    }

    /**
     * {@code fp16_weights_fp32_math}: a single file of float16, computed in float32. The case is called by the file; the
     * folder that is called so, too, has the settings, and the case {@code unet_forward} the inputs that are not here.
     */
    void singleFile(GoldenCase golden) throws EngineException, WeightsException {
        String stem = golden.folderName().replaceFirst("_fp16_weights$", "");
        Path file = golden.above(stem + "-fp16.safetensors");
        Path settings =
                golden.above(stem + "/unet/config.json").resolve("../..").normalize();
        ModelSource model = ModelSource.singleFile(file, settings);
        try (UNet2DConditionModel unet = UNet2DConditionModel.load(torch, model, "unet", DataType.FLOAT32);
                AutoencoderKL vae = AutoencoderKL.load(torch, model, "vae", DataType.FLOAT32);
                GoldenCase inputs = golden.other(settings.resolve("goldens/unet_forward"))) {
            NDArray context = inputs.array("input.encoder_hidden_states");
            golden.compare(
                    "output.eps_t500",
                    unet.predict(golden.scope(), golden.array("input.sample"), 500, context, added(inputs)));
            golden.compare("output.decoded", vae.decode(golden.scope(), golden.array("input.latent")));
        }
    }

    /** {@code rrdbnet}: a picture to a larger one, by every file of weights that lies above the case. */
    void upscaler(GoldenCase golden) throws EngineException, WeightsException {
        Path file = golden.above("model.safetensors");
        try (RrdbNet net = RrdbNet.load(torch, file, DataType.FLOAT32)) {
            golden.compare("output.image", net.upscale(golden.scope(), golden.array("input.image")));
        }
        Path older = file.resolveSibling("model-old-esrgan-keys.safetensors");
        if (Files.exists(older)) {
            try (RrdbNet net = RrdbNet.load(torch, older, DataType.FLOAT32)) {
                golden.compare("output.image", net.upscale(golden.scope(), golden.array("input.image")));
            }
        }
    }

    /** {@code vae}: a picture to its posterior, a latent to its picture, whichever the case has. */
    void autoencoder(GoldenCase golden) throws EngineException, WeightsException {
        Path part = golden.part("vae");
        try (AutoencoderKL vae = AutoencoderKL.load(torch, model(part), name(part), DataType.FLOAT32)) {
            if (golden.has("input.image")) {
                AutoencoderKL.Posterior posterior = vae.encode(golden.scope(), golden.array("input.image"));
                golden.compare("output.mean", posterior.mean());
                golden.compare("output.logvar", posterior.logVariance());
            }
            if (golden.has("input.latent")) {
                golden.compare("output.decoded", vae.decode(golden.scope(), golden.array("input.latent")));
            }
        }
    }
}
