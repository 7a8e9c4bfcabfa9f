package drover.inference.pytorch;

import drover.diffusion.ModelCatalog;
import drover.diffusion.ModelInfo;
import drover.graph.GraphException;
import drover.graph.Torch;
import drover.inference.AttemptId;
import drover.inference.Drawing;
import drover.inference.Engine;
import drover.inference.EngineException;
import drover.inference.Feature;
import drover.inference.ImageRequest;
import drover.inference.InferenceRequest;
import drover.inference.RunMonitor;
import java.util.List;
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

    private final ModelCatalog catalog;
    private final PyTorchSettings settings;
    private final Torch torch;
    private final Storeroom storeroom;
    private final ModelCache<Loaded> cache;
    private int running;
    private boolean closed;

    /** Starts libtorch, which takes some tenths of a second; no model is loaded yet. */
    public PyTorchEngine(ModelCatalog catalog, PyTorchSettings settings) {
        this.catalog = catalog;
        this.settings = settings;
        this.torch = new Torch(settings.torch());
        this.storeroom = new Storeroom(torch, catalog, settings.files(), settings.precision(), settings.modelBytes());
        this.cache = new ModelCache<>(storeroom, settings.modelBytes());
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
        return cache.resident().stream().filter(Storeroom::isModel).collect(Collectors.toUnmodifiableSet());
    }

    @Override
    public Set<Feature> features(String model) {
        return catalog.find(model).map(settings.files()::features).orElse(Set.of());
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
        ModelInfo info = storeroom.info(request.model());
        return new PictureRun(torch, settings, cache, info, request, monitor).run();
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
