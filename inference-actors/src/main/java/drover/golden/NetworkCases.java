package drover.golden;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.diffusion.AutoencoderKL;
import drover.diffusion.ClipTextEncoder;
import drover.diffusion.UNet2DConditionModel;
import drover.graph.Torch;
import drover.inference.EngineException;
import drover.weights.WeightsException;
import java.util.Arrays;
import java.util.List;
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
        try (ClipTextEncoder encoder = ClipTextEncoder.load(torch, golden.part("text_encoder"), DataType.FLOAT32)) {
            List<Long> shape = golden.shape("input.input_ids");
            long[][] ids = rows(
                    golden.array("input.input_ids")
                            .toType(DataType.INT64, false)
                            .toLongArray(),
                    shape);
            ClipTextEncoder.Encoding encoding = encoder.encode(golden.scope(), ids);
            golden.compare("output.last_hidden_state", encoding.hidden(1));
            for (String output : golden.outputs()) {
                Matcher skip = CLIP_SKIP.matcher(output);
                if (skip.matches()) {
                    golden.compare(output, encoding.hidden(Integer.parseInt(skip.group(1))));
                }
            }
            golden.compare("output.pooled", encoding.pooled());
            if (golden.has("output.penultimate_no_norm")) {
                golden.compare("output.penultimate_no_norm", encoding.penultimate());
            }
        }
    }

    private static long[][] rows(long[] flat, List<Long> shape) throws EngineException.BadModel {
        if (shape.size() != 2 || flat.length == 0) {
            throw new EngineException.BadModel("input.input_ids has the shape " + shape + "; expected two dimensions");
        }
        int length = Math.toIntExact(shape.getLast());
        long[][] rows = new long[flat.length / length][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = Arrays.copyOfRange(flat, i * length, (i + 1) * length);
        }
        return rows;
    }

    /** {@code unet_forward}: one pass at each timestep that an output is named for. */
    void unet(GoldenCase golden) throws EngineException, WeightsException {
        try (UNet2DConditionModel unet = UNet2DConditionModel.load(torch, golden.part("unet"), DataType.FLOAT32)) {
            NDArray sample = golden.array("input.sample");
            NDArray context = golden.array("input.encoder_hidden_states");
            for (String output : golden.outputs()) {
                Matcher timestep = AT_TIMESTEP.matcher(output);
                if (timestep.matches()) {
                    golden.compare(
                            output, unet.predict(golden.scope(), sample, Float.parseFloat(timestep.group(1)), context));
                }
            }
        }
    }

    /** {@code vae}: a picture to its posterior, a latent to its picture, whichever the case has. */
    void autoencoder(GoldenCase golden) throws EngineException, WeightsException {
        try (AutoencoderKL vae = AutoencoderKL.load(torch, golden.part("vae"), DataType.FLOAT32)) {
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
