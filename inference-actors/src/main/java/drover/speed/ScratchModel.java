package drover.speed;

import drover.diffusion.BundledModel;
import drover.diffusion.RandomModel;
import drover.inference.EngineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A random model in a folder of its own, which goes when this is closed, or when the process ends before. */
public final class ScratchModel implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ScratchModel.class);

    private final Path folder;
    private final RandomModel.Kind kind;
    private final long parameters;
    private final Thread hook;

    private ScratchModel(Path folder, RandomModel.Kind kind, long parameters, Thread hook) {
        this.folder = folder;
        this.kind = kind;
        this.parameters = parameters;
        this.hook = hook;
    }

    /**
     * Writes a model.
     *
     * @param scratch where the folder is made
     * @param cache where the bundled model is unpacked, whose tokenizer is used
     * @throws IOException if it cannot be written, or there is not the room for it
     */
    public static ScratchModel write(RandomModel.Kind kind, Path scratch, Path cache)
            throws IOException, EngineException {
        RandomModel model = new RandomModel(kind);
        long room = Files.getFileStore(scratch).getUsableSpace();
        if (room < model.bytes() + model.bytes() / 10) {
            throw new IOException("the model takes " + (model.bytes() >> 20) + " MiB, but " + scratch + " has room for "
                    + (room >> 20) + " MiB; name another folder with --scratch");
        }
        Path folder = Files.createTempDirectory(scratch, "drover-bench-");
        Thread hook = new Thread(() -> remove(folder), "scratch-removal");
        Runtime.getRuntime().addShutdownHook(hook);
        boolean done = false;
        try {
            Path tokenizer = BundledModel.unpack(cache).resolve("tokenizer");
            long parameters = model.write(folder.resolve(kind.text()), tokenizer);
            model.writeNarrowUnet(folder.resolve("narrow"));
            done = true;
            return new ScratchModel(folder, kind, parameters, hook);
        } finally {
            if (!done) {
                Runtime.getRuntime().removeShutdownHook(hook);
                remove(folder);
            }
        }
    }

    /** The model's folder; its name is the architecture's. */
    public Path model() {
        return folder.resolve(kind.text());
    }

    /** The folder with the UNet that takes next to nothing. */
    Path narrow() {
        return folder.resolve("narrow");
    }

    /** How many parameters the model has. */
    public long parameters() {
        return parameters;
    }

    /** Which architecture. */
    public RandomModel.Kind kind() {
        return kind;
    }

    private static void remove(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            List<Path> deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
            for (Path path : deepestFirst) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            LOG.warn("{} could not be removed: {}", folder, e.toString());
        }
    }

    @Override
    public void close() {
        Runtime.getRuntime().removeShutdownHook(hook);
        remove(folder);
    }
}
