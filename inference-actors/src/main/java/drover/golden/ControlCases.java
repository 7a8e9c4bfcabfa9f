package drover.golden;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.diffusion.Conditioning;
import drover.diffusion.ConfigFile;
import drover.diffusion.Control;
import drover.diffusion.ControlNet;
import drover.diffusion.ControlledUNet;
import drover.diffusion.ModelSource;
import drover.diffusion.StableDiffusion;
import drover.diffusion.StableDiffusion.LatentSize;
import drover.graph.Torch;
import drover.inference.EngineException;
import drover.sampling.NoiseSource;
import drover.sampling.SamplingPlan;
import drover.sampling.SigmaDenoiser;
import drover.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Cases of ControlNets. */
final class ControlCases {
    private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

    private final Torch torch;

    ControlCases(Torch torch) {
        this.torch = torch;
    }

    private StableDiffusion base(GoldenCase golden) throws EngineException {
        Path base =
                golden.folder().resolve(golden.description().text("base_model")).normalize();
        return StableDiffusion.load(torch, ModelSource.at(base), DataType.FLOAT32, (bytes, of) -> {});
    }

    /** {@code controlnet_forward}: one pass, by the folder's weights and by those under the original names. */
    void forward(GoldenCase golden) throws EngineException, WeightsException {
        Path folder = golden.above(WEIGHTS).resolveSibling(".").normalize();
        try (StableDiffusion model = base(golden)) {
            forward(golden, model, folder, folder);
            for (Path original : originals(folder.resolve("original"))) {
                forward(golden, model, original, folder);
            }
        }
    }

    private static List<Path> originals(Path folder) throws EngineException.BadModel {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".safetensors"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new EngineException.BadModel(folder + " cannot be read: " + e, e);
        }
    }

    private void forward(GoldenCase golden, StableDiffusion model, Path weights, Path settings)
            throws EngineException, WeightsException {
        double scale = golden.description().number("conditioning_scale");
        float timestep = (float) golden.description().integer("timestep");
        NDArray sample = golden.array("input.sample");
        NDArray context = golden.array("input.encoder_hidden_states");
        NDArray hint = golden.array("input.hint");
        try (ControlNet net = ControlNet.load(torch, weights, settings, DataType.FLOAT32);
                ControlledUNet unet = model.unet().controlled(torch)) {
            List<NDArray> residuals =
                    net.residuals(golden.scope(), sample, timestep, context, hint, net.scales(scale, false));
            List<NDArray> guessed =
                    net.residuals(golden.scope(), sample, timestep, context, hint, net.scales(scale, true));
            for (int i = 0; i < residuals.size() - 1; i++) {
                golden.compare("output.down_residual_" + i, residuals.get(i));
                golden.compare("output.guess_down_residual_" + i, guessed.get(i));
            }
            golden.compare("output.mid_residual", residuals.getLast());
            golden.compare("output.guess_mid_residual", guessed.getLast());
            golden.compare("output.eps", unet.predict(golden.scope(), sample, timestep, context, residuals));
        }
    }

    /**
     * {@code controlnet_pipeline}: from given hidden states by deterministic DDIM, as the base model's settings have
     * it.
     */
    void pipeline(GoldenCase golden) throws EngineException, WeightsException {
        Path folder = golden.above(WEIGHTS).resolveSibling(".").normalize();
        List<Long> shape = golden.shape("input.prompt_embeds");
        List<Long> picture = golden.shape("input.hint");
        float[] negative = golden.floats("input.negative_prompt_embeds");
        float[] positive = golden.floats("input.prompt_embeds");
        float[] rows = Arrays.copyOf(negative, negative.length + positive.length);
        System.arraycopy(positive, 0, rows, negative.length, positive.length);
        Path base =
                golden.folder().resolve(golden.description().text("base_model")).normalize();
        ReferenceScheduler scheduler = ReferenceScheduler.of(
                "DDIMScheduler",
                ConfigFile.read(base.resolve("scheduler/scheduler_config.json")),
                golden.description().integer("num_inference_steps"));
        SamplingPlan plan = scheduler.plan();
        NoiseSource none = (sigma, next, count) -> {
            throw new IllegalStateException("a deterministic sampler asked for noise");
        };
        List<float[]> steps = new ArrayList<>();
        try (StableDiffusion model = base(golden);
                ControlNet net = ControlNet.load(torch, folder, folder, DataType.FLOAT32);
                Control control = new Control(
                        torch,
                        net,
                        model.unet(),
                        golden.floats("input.hint"),
                        picture.get(2).intValue(),
                        picture.get(3).intValue(),
                        2,
                        golden.description().number("conditioning_scale"));
                Conditioning conditioning = Conditioning.of(
                        torch,
                        rows,
                        shape.get(1),
                        shape.get(2),
                        golden.description().number("guidance_scale"))) {
            LatentSize size =
                    model.latentSize(picture.get(3).intValue(), picture.get(2).intValue());
            SigmaDenoiser denoiser = model.denoiser(conditioning, plan, size, Optional.empty(), Optional.of(control));
            float[] latents = plan.run(
                    plan.start(golden.floats("input.latents")),
                    0,
                    denoiser,
                    none,
                    step -> steps.add(scheduler.shown(step.latents(), step.index() + 1)));
            for (int i = 0; i < steps.size(); i++) {
                golden.compare("output.latents_step_" + i, steps.get(i));
            }
            float[] shown = scheduler.shown(latents, plan.steps());
            golden.compare("output.latents_final", shown);
            golden.compare("output.image_raw", model.decode(shown, size));
        }
    }
}
