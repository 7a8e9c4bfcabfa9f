package drover.speed;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.diffusion.Conditioning;
import drover.diffusion.ModelSource;
import drover.diffusion.Prompts;
import drover.diffusion.StableDiffusion;
import drover.diffusion.UNet2DConditionModel;
import drover.diffusion.UNetConfig;
import drover.graph.FlopCount;
import drover.graph.Holding;
import drover.graph.NativeScope;
import drover.graph.Precision;
import drover.graph.Torch;
import drover.graph.TorchOptions;
import drover.inference.EngineException;
import drover.inference.Sampler;
import drover.sampling.GaussianNoise;
import drover.sampling.NoiseSource;
import drover.sampling.SamplingPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What a denoising step costs: the engine's own step, with guidance, so that the network sees the prompt and the negative
 * prompt in one batch of two.
 *
 * @param arch the architecture
 * @param parameters of the whole model
 * @param size of the picture, pixels a side
 * @param device as libtorch calls it
 * @param threads of one operation on the CPU
 * @param computed type of the activations
 * @param weightBytes of the whole model in memory
 * @param secondsPerStep of each step
 * @param operations of one step, as {@link FlopCount} counts
 * @param peak what the machine can do, measured in the same run
 * @param betweenCalls share of the time in which the thread was not in libtorch's code: sampler, guidance, copies to and
 *     from the network
 * @param walkSeconds what it takes to walk through a network of the same layers that computes next to nothing, so an upper
 *     bound of what libtorch's interpreter and dispatcher take of a step
 * @param memory of this process, after the steps; empty where the system does not say
 */
public record UNetSpeed(
        String arch,
        long parameters,
        int size,
        String device,
        int threads,
        String computed,
        long weightBytes,
        List<Double> secondsPerStep,
        FlopCount operations,
        MachinePeak peak,
        double betweenCalls,
        double walkSeconds,
        Optional<ResidentMemory> memory) {
    private static final double GUIDANCE = 7.5;
    private static final int WALKS = 20;
    private static final int NARROW_SIDE = 8;

    public UNetSpeed {
        secondsPerStep = List.copyOf(secondsPerStep);
    }

    /**
     * Measures.
     *
     * @param size pixels a side, a multiple of 64
     * @param steps at least 1; one more pass goes before, which is not measured
     */
    public static UNetSpeed measure(
            ScratchModel model,
            TorchOptions options,
            Precision precision,
            Holding holding,
            int size,
            int steps,
            Path scratch)
            throws IOException, EngineException {
        DataType dtype = precision.type();
        Torch torch = new Torch(options);
        try {
            ModelSource source = ModelSource.at(model.model());
            try (StableDiffusion loaded = StableDiffusion.load(torch, source, dtype, holding, (bytes, of) -> {})) {
                Steps run = run(torch, loaded, size, steps);
                Optional<ResidentMemory> memory = ResidentMemory.read();
                return new UNetSpeed(
                        model.kind().text(),
                        model.parameters(),
                        size,
                        options.deviceName(),
                        options.threads(),
                        precision.text(),
                        loaded.bytes(),
                        run.seconds(),
                        run.operations(),
                        MachinePeak.measure(torch, dtype, scratch),
                        run.betweenCalls(),
                        walk(torch, model, dtype),
                        memory);
            }
        } finally {
            torch.close();
        }
    }

    private record Steps(List<Double> seconds, FlopCount operations, double betweenCalls) {}

    private static Steps run(Torch torch, StableDiffusion model, int size, int steps) throws EngineException {
        StableDiffusion.LatentSize latent = model.latentSize(size, size);
        SamplingPlan plan = SamplingPlan.of(Sampler.EULER, model.schedule().table(), steps, false);
        GaussianNoise stream = new GaussianNoise(1);
        float[] noise = stream.next(latent.elements());
        NoiseSource none = (sigma, next, count) -> {
            throw new IllegalStateException("Euler's method adds no noise");
        };
        Prompts prompts = new Prompts("a red apple on a wooden table", Optional.of("blurry"), GUIDANCE, 1);
        try (Conditioning conditioning = model.condition(prompts, latent)) {
            FlopCount operations = operations(torch, model, conditioning, latent);
            List<Double> seconds = new ArrayList<>();
            long nativeBefore = model.unet().nativeNanos();
            long begun = System.nanoTime();
            long[] last = {begun};
            model.denoise(conditioning, plan, latent, noise, none, step -> {
                long now = System.nanoTime();
                seconds.add((now - last[0]) / 1e9);
                last[0] = now;
            });
            long whole = System.nanoTime() - begun;
            long inside = model.unet().nativeNanos() - nativeBefore;
            return new Steps(seconds, operations, 1 - (double) inside / whole);
        }
    }

    private static FlopCount operations(
            Torch torch, StableDiffusion model, Conditioning conditioning, StableDiffusion.LatentSize latent) {
        try (NativeScope scope = torch.open("count")) {
            UNet2DConditionModel unet = model.unet();
            float[] zeros = new float[2 * latent.elements()];
            NDArray sample =
                    scope.floats(zeros, unet.dtype(), 2, unet.config().inChannels(), latent.height(), latent.width());
            return unet.flops(torch, scope, sample, 500, conditioning.context(), conditioning.added());
        }
    }

    /** The middle of some walks, in seconds. */
    private static double walk(Torch torch, ScratchModel model, DataType dtype) throws EngineException {
        try (UNet2DConditionModel unet =
                        UNet2DConditionModel.load(torch, ModelSource.at(model.narrow()), "unet", dtype);
                NativeScope scope = torch.open("walk")) {
            UNetConfig config = unet.config();
            int elements = 2 * config.inChannels() * NARROW_SIDE * NARROW_SIDE;
            NDArray sample = scope.floats(new float[elements], dtype, 2, config.inChannels(), NARROW_SIDE, NARROW_SIDE);
            NDArray context =
                    scope.floats(new float[2 * 77 * config.contextWidth()], dtype, 2, 77, config.contextWidth());
            Optional<UNet2DConditionModel.Added> added = config.added()
                    .map(it -> new UNet2DConditionModel.Added(
                            scope.floats(new float[2 * it.pooledWidth()], dtype, 2, it.pooledWidth()),
                            scope.floats(
                                    new float[2 * UNetConfig.AddedEmbedding.SIZES],
                                    2,
                                    UNetConfig.AddedEmbedding.SIZES)));
            double[] seconds = new double[WALKS];
            for (int i = 0; i < WALKS; i++) {
                long begun = System.nanoTime();
                try (NativeScope run = torch.open("one walk")) {
                    run.toFloats(unet.predict(run, sample, 500, context, added));
                }
                seconds[i] = (System.nanoTime() - begun) / 1e9;
            }
            Arrays.sort(seconds);
            return seconds[WALKS / 2];
        }
    }

    /** The middle one of the steps, in seconds. */
    public double step() {
        List<Double> sorted = secondsPerStep.stream().sorted().toList();
        return sorted.get(sorted.size() / 2);
    }

    /** Operations per second. */
    public double rate() {
        return operations.total() / step();
    }

    /** The share of the time outside libtorch's kernels, at most. */
    public double outsideKernels() {
        return betweenCalls + walkSeconds / step();
    }

    /** The speed compared with that of one large product of matrices. */
    public double ofPeak() {
        return rate() / peak.matmul();
    }
}
