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
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows by a key what is to be loaded, and from where. A model's key is its name, which has no slash; others have one.
 * What is to compute in float32, whatever the usual precision is, has a key of its own, made by {@link #wide}.
 */
final class Storeroom implements ModelCache.Loader<Loaded> {
    private static final Logger log = LoggerFactory.getLogger(Storeroom.class);

    private static final String FOLLOWER = "controlnet/";
    private static final String UPSCALER = "upscaler/";
    private static final String WIDE = "float32/";

    private final Torch torch;
    private final Supplier<ModelCatalog> catalog;
    private final ExtraFiles files;
    private final DataType precision;
    private final long room;

    /**
     * Loads in a precision.
     *
     * @param room bytes that all models may take together
     */
    Storeroom(Torch torch, Supplier<ModelCatalog> catalog, ExtraFiles files, DataType precision, long room) {
        this.torch = torch;
        this.catalog = catalog;
        this.files = files;
        this.precision = precision;
        this.room = room;
    }

    /** What a key stands for. */
    private sealed interface Wanted {
        /** A model. */
        record Pipeline(ModelSource source) implements Wanted {}

        /** A ControlNet. */
        record Follower(Path path) implements Wanted {}

        /** A network that enlarges. */
        record Upscaler(Path path) implements Wanted {}
    }

    /** The key of a ControlNet. */
    static String follower(String name) {
        return FOLLOWER + name;
    }

    /** The key of an upscaler. */
    static String upscaler(String name) {
        return UPSCALER + name;
    }

    /** The key of the same in the widest precision, whatever the usual one is. */
    static String wide(String key) {
        return WIDE + key;
    }

    /** Every key under which a model may be in memory. */
    static List<String> keys(String model) {
        return List.of(model, wide(model));
    }

    static boolean isModel(String key) {
        return key.indexOf('/') < 0;
    }

    private static Optional<String> after(String prefix, String key) {
        return key.startsWith(prefix) ? Optional.of(key.substring(prefix.length())) : Optional.empty();
    }

    private DataType dtype(String key) {
        return key.startsWith(WIDE) ? DataType.FLOAT32 : precision;
    }

    private Wanted wanted(String key) throws EngineException {
        String plain = after(WIDE, key).orElse(key);
        Optional<String> follower = after(FOLLOWER, plain);
        if (follower.isPresent()) {
            return new Wanted.Follower(files.controlNet(follower.get()));
        }
        Optional<String> upscaler = after(UPSCALER, plain);
        return upscaler.isPresent()
                ? new Wanted.Upscaler(files.upscaler(upscaler.get()))
                : new Wanted.Pipeline(info(plain).source());
    }

    @Override
    public long estimate(String key) throws EngineException {
        DataType dtype = dtype(key);
        return switch (wanted(key)) {
            case Wanted.Pipeline(ModelSource source) ->
                StableDiffusion.weightBytes(source, dtype, holding(source, dtype));
            case Wanted.Follower(Path path) -> ControlNet.weightBytes(path, dtype);
            case Wanted.Upscaler(Path path) -> RrdbNet.weightBytes(path, dtype);
        };
    }

    /** Weights are held as they are computed with, which is faster, unless there is not the room for it. */
    private Holding holding(ModelSource source, DataType dtype) throws EngineException {
        return StableDiffusion.weightBytes(source, dtype) <= room ? Holding.AS_COMPUTED : Holding.AS_STORED;
    }

    @Override
    public Loaded load(String key, ModelCache.Progress progress) throws EngineException {
        long started = System.nanoTime();
        Loaded loaded = load(wanted(key), dtype(key), progress);
        log.info(
                "Loaded {}: {} MB of weights in {} ms",
                key,
                loaded.bytes() >> 20,
                (System.nanoTime() - started) / 1_000_000);
        return loaded;
    }

    private Loaded load(Wanted wanted, DataType dtype, ModelCache.Progress progress) throws EngineException {
        return switch (wanted) {
            case Wanted.Pipeline(ModelSource source) ->
                new Loaded.Pipeline(StableDiffusion.load(torch, source, dtype, holding(source, dtype), progress::at));
            case Wanted.Follower(Path path) -> new Loaded.Follower(ControlNet.load(torch, path, dtype));
            case Wanted.Upscaler(Path path) -> new Loaded.Upscaler(RrdbNet.load(torch, path, dtype));
        };
    }

    /** A model of the catalogue. */
    ModelInfo info(String model) throws EngineException.Unsupported {
        ModelCatalog present = catalog.get();
        return present.find(model)
                .orElseThrow(() -> new EngineException.Unsupported("there is no model " + model + " here; there are "
                        + present.all().keySet()));
    }
}
