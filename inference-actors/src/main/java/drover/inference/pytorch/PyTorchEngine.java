package drover.inference.pytorch;

import drover.diffusion.Conditioning;
import drover.diffusion.ModelCatalog;
import drover.diffusion.ModelInfo;
import drover.diffusion.ModelSource;
import drover.diffusion.PictureParameters;
import drover.diffusion.Prompts;
import drover.diffusion.StableDiffusion;
import drover.diffusion.StableDiffusion.LatentSize;
import drover.graph.GraphException;
import drover.graph.Torch;
import drover.inference.AttemptId;
import drover.inference.Drawing;
import drover.inference.Engine;
import drover.inference.EngineException;
import drover.inference.ImageRequest;
import drover.inference.InferenceRequest;
import drover.inference.Phase;
import drover.inference.Position;
import drover.inference.RunMonitor;
import drover.sampling.GaussianNoise;
import drover.sampling.NoiseSource;
import drover.sampling.SamplingMethods;
import drover.sampling.SamplingPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the models of a catalogue on libtorch. Everything native belongs to it; {@link #close} frees what is not in use
 * at once, and the rest when the last run ends, because freeing memory under a running network would crash the process.
 */
public final class PyTorchEngine implements Engine {
    private static final Logger log = LoggerFactory.getLogger(PyTorchEngine.class);

    /** Weights between two reported positions of loading: a few seconds from a slow disk. */
    private static final long LOADING_STEP_BYTES = 16L << 20;

    private final ModelCatalog catalog;
    private final PyTorchSettings settings;
    private final Torch torch;
    private final ModelCache<LoadedModel> cache;
    private int running;
    private boolean closed;

    /** A pipeline as the cache keeps it. */
    private record LoadedModel(StableDiffusion pipeline) implements ModelCache.Resident {
        @Override
        public long bytes() {
            return pipeline.bytes();
        }

        @Override
        public void close() {
            pipeline.close();
        }
    }

    /** Starts libtorch, which takes some tenths of a second; no model is loaded yet. */
    public PyTorchEngine(ModelCatalog catalog, PyTorchSettings settings) {
        this.catalog = catalog;
        this.settings = settings;
        this.torch = new Torch(settings.torch());
        this.cache = new ModelCache<>(new PipelineLoader(), settings.modelBytes());
    }

    private final class PipelineLoader implements ModelCache.Loader<LoadedModel> {
        @Override
        public long estimate(String model) throws EngineException {
            return StableDiffusion.weightBytes(ModelSource.at(info(model).path()), settings.precision());
        }

        @Override
        public LoadedModel load(String model, ModelCache.Progress progress) throws EngineException {
            ModelInfo info = info(model);
            long started = System.nanoTime();
            StableDiffusion pipeline =
                    StableDiffusion.load(torch, ModelSource.at(info.path()), settings.precision(), progress::at);
            log.info(
                    "Loaded model {}: {} MB of weights in {} ms",
                    info.name(),
                    pipeline.bytes() >> 20,
                    (System.nanoTime() - started) / 1_000_000);
            return new LoadedModel(pipeline);
        }
    }

    @Override
    public String name() {
        return "pytorch";
    }

    @Override
    public Set<String> models() {
        return catalog.all().values().stream().map(ModelInfo::name).collect(Collectors.toCollection(TreeSet::new));
    }

    @Override
    public Set<String> resident() {
        return cache.resident();
    }

    /** What each model in memory costs, the least recently used first. */
    public List<ModelCache.Usage> usage() {
        return cache.usage();
    }

    @Override
    public long nativeHandles() {
        return torch.liveHandles();
    }

    @Override
    public List<Drawing> run(AttemptId attempt, InferenceRequest request, RunMonitor monitor) throws EngineException {
        enter();
        try {
            return switch (request) {
                case ImageRequest image -> pictures(image, monitor);
            };
        } catch (OutOfMemoryError e) {
            throw outOfMemory(e);
        } catch (RuntimeException e) {
            log.warn("{} failed", attempt, e);
            throw explained(e);
        } finally {
            leave();
        }
    }

    private List<Drawing> pictures(ImageRequest request, RunMonitor monitor) throws EngineException {
        ModelInfo info = info(request.model());
        if (Math.max(request.width(), request.height()) > info.maxSize()) {
            throw new EngineException.Unsupported(info.name() + " draws at most " + info.maxSize()
                    + " pixels a side, but " + request.width() + "x" + request.height() + " was asked for");
        }
        monitor.checkCancelled();
        try (ModelCache<LoadedModel>.Lease lease = cache.lease(info.name(), loading(monitor))) {
            return pictures(lease.model().pipeline(), request, monitor);
        }
    }

    private List<Drawing> pictures(StableDiffusion model, ImageRequest request, RunMonitor monitor)
            throws EngineException {
        LatentSize size = model.latentSize(request.width(), request.height());
        SamplingPlan plan =
                SamplingPlan.of(request.sampler(), model.schedule().table(), request.steps(), request.karras());
        int count = request.count();

        monitor.at(Position.entering(Phase.ENCODING, 1));
        List<float[]> latents = new ArrayList<>();
        Prompts prompts = new Prompts(
                request.prompt(), Optional.of(request.negativePrompt()), request.cfgScale(), request.clipSkip());
        try (Conditioning conditioning = model.condition(prompts, size)) {
            monitor.checkCancelled();

            // Positions only ever advance, so all pictures are denoised before the first is decoded.
            int units = plan.units();
            monitor.at(Position.entering(Phase.DENOISING, count * units));
            for (int i = 0; i < count; i++) {
                int before = i * units;
                GaussianNoise stream = new GaussianNoise(request.seedOf(i));
                float[] noise = stream.next(size.elements());
                NoiseSource more = SamplingMethods.noise(request.sampler(), stream, request.seedOf(i));
                latents.add(model.denoise(conditioning, plan, size, noise, more, step -> {
                    monitor.at(new Position(Phase.DENOISING, before + step.done(), count * units));
                    monitor.checkCancelled();
                }));
            }
        }

        monitor.at(Position.entering(Phase.DECODING, count));
        List<Drawing> drawings = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            float[] decoded = model.decode(latents.get(i), size);
            PictureParameters parameters = new PictureParameters(request, request.seedOf(i), settings.version());
            drawings.add(new Drawing(
                    model.picture(decoded, request.width(), request.height()), request.seedOf(i), parameters.texts()));
            monitor.at(new Position(Phase.DECODING, i + 1, count));
            monitor.checkCancelled();
        }
        return drawings;
    }

    private static ModelCache.Progress loading(RunMonitor monitor) {
        return (bytes, of) -> {
            int steps = Math.toIntExact(Math.max(1, Math.ceilDiv(of, LOADING_STEP_BYTES)));
            int step = bytes >= of ? steps : Math.toIntExact(bytes / LOADING_STEP_BYTES);
            monitor.at(new Position(Phase.LOADING, step, steps));
            monitor.checkCancelled();
        };
    }

    private ModelInfo info(String model) throws EngineException.Unsupported {
        return catalog.find(model)
                .orElseThrow(() ->
                        new EngineException.Unsupported("there is no model " + model + " here; there are " + models()));
    }

    private EngineException.OutOfMemory outOfMemory(Throwable cause) {
        cache.evictIdle();
        torch.releaseCached();
        return new EngineException.OutOfMemory(
                "out of memory while the model ran; smaller or fewer pictures need less: " + cause.getMessage(), cause);
    }

    private EngineException explained(RuntimeException e) {
        if (GraphException.outOfMemory(e)) {
            return outOfMemory(e);
        }
        return new EngineException.Failed(
                e instanceof GraphException ? String.valueOf(e.getMessage()) : "the engine failed: " + e, e);
    }

    private synchronized void enter() throws EngineException.Failed {
        if (closed) {
            throw new EngineException.Failed(
                    "the engine is shutting down", new IllegalStateException("the engine is closed"));
        }
        running++;
    }

    private synchronized void leave() {
        running--;
        freeIfDone();
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            cache.close();
            freeIfDone();
        }
    }

    private void freeIfDone() {
        if (closed && running == 0) {
            torch.close();
        }
    }
}
