package drover.inference.pytorch;

import ai.djl.ndarray.types.DataType;
import drover.diffusion.ControlNet;
import drover.diffusion.ExtraFiles;
import drover.diffusion.ModelCatalog;
import drover.diffusion.ModelInfo;
import drover.diffusion.ModelSource;
import drover.diffusion.StableDiffusion;
import drover.graph.Holding;
import drover.graph.Torch;
import drover.inference.EngineException;
import drover.upscale.RrdbNet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Knows by a key what is to be loaded, and from where. A model's key is its name, which has no slash; others have one. */
final class Storeroom implements ModelCache.Loader<Loaded> {
    private static final Logger log = LoggerFactory.getLogger(Storeroom.class);

    private static final String FOLLOWER = "controlnet/";
    private static final String UPSCALER = "upscaler/";
    private static final String WIDE = "float32/";

    private final Torch torch;
    private final ModelCatalog catalog;
    private final ExtraFiles files;
    private final DataType precision;
    private final long room;

    /**
     * Loads in a precision.
     *
     * @param room bytes that all models may take together
     */
    Storeroom(Torch torch, ModelCatalog catalog, ExtraFiles files, DataType precision, long room) {
        this.torch = torch;
        this.catalog = catalog;
        this.files = files;
        this.precision = precision;
        this.room = room;
    }

    /** The key of a ControlNet. */
    static String follower(String name) {
        return FOLLOWER + name;
    }

    /** The key of an upscaler. */
    static String upscaler(String name) {
        return UPSCALER + name;
    }

    /** The key of a model in the widest precision, whatever the usual one is. */
    static String wide(ModelInfo model) {
        return WIDE + model.name();
    }

    static boolean isModel(String key) {
        return key.indexOf('/') < 0;
    }

    private static Optional<String> after(String prefix, String key) {
        return key.startsWith(prefix) ? Optional.of(key.substring(prefix.length())) : Optional.empty();
    }

    @Override
    public long estimate(String key) throws EngineException {
        Optional<String> follower = after(FOLLOWER, key);
        if (follower.isPresent()) {
            return ControlNet.weightBytes(files.controlNet(follower.get()), precision);
        }
        Optional<String> upscaler = after(UPSCALER, key);
        if (upscaler.isPresent()) {
            return size(files.upscaler(upscaler.get()));
        }
        Optional<String> wide = after(WIDE, key);
        ModelSource source = ModelSource.at(info(wide.orElse(key)).path());
        DataType dtype = wide.isPresent() ? DataType.FLOAT32 : precision;
        return StableDiffusion.weightBytes(source, dtype, holding(source, dtype));
    }

    /** Weights are held as they are computed with, which is faster, unless there is not the room for it. */
    private Holding holding(ModelSource source, DataType dtype) throws EngineException {
        return StableDiffusion.weightBytes(source, dtype) <= room ? Holding.AS_COMPUTED : Holding.AS_STORED;
    }

    private static long size(Path file) throws EngineException.BadModel {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new EngineException.BadModel(file + " cannot be read: " + e, e);
        }
    }

    @Override
    public Loaded load(String key, ModelCache.Progress progress) throws EngineException {
        long started = System.nanoTime();
        Loaded loaded = load(key, progress, after(WIDE, key));
        log.info(
                "Loaded {}: {} MB of weights in {} ms",
                key,
                loaded.bytes() >> 20,
                (System.nanoTime() - started) / 1_000_000);
        return loaded;
    }

    private Loaded load(String key, ModelCache.Progress progress, Optional<String> wide) throws EngineException {
        Optional<String> follower = after(FOLLOWER, key);
        if (follower.isPresent()) {
            return new Loaded.Follower(ControlNet.load(torch, files.controlNet(follower.get()), precision));
        }
        Optional<String> upscaler = after(UPSCALER, key);
        if (upscaler.isPresent()) {
            return new Loaded.Upscaler(RrdbNet.load(torch, files.upscaler(upscaler.get()), precision));
        }
        DataType dtype = wide.isPresent() ? DataType.FLOAT32 : precision;
        ModelSource source = ModelSource.at(info(wide.orElse(key)).path());
        return new Loaded.Pipeline(StableDiffusion.load(torch, source, dtype, holding(source, dtype), progress::at));
    }

    /** A model of the catalogue. */
    ModelInfo info(String model) throws EngineException.Unsupported {
        return catalog.find(model)
                .orElseThrow(() -> new EngineException.Unsupported("there is no model " + model + " here; there are "
                        + catalog.all().keySet()));
    }
}
