package drover.safety;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.graph.NativeScope;
import drover.graph.Torch;
import drover.graph.TorchOptions;
import drover.inference.EngineException;
import drover.picture.Picture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Stable Diffusion's safety checker on the processor, from pixels to findings. Owns its native memory. */
public final class ClipChecker implements PictureChecker {
    private static final String FOLDER = "safety_checker";

    private final Torch torch;
    private final SafetyChecker network;
    private final ClipImageProcessor processor;

    private ClipChecker(Torch torch, SafetyChecker network, ClipImageProcessor processor) {
        this.torch = torch;
        this.network = network;
        this.processor = processor;
    }

    /** The {@code safety_checker} folder that a path stands for: itself, or the one in the model folder that it is. */
    public static Optional<Path> folder(Path path) {
        Path inside = path.resolve(FOLDER);
        if (Files.isRegularFile(inside.resolve("config.json"))) {
            return Optional.of(inside);
        }
        return Files.isRegularFile(path.resolve("config.json")) ? Optional.of(path) : Optional.empty();
    }

    /**
     * Loads a checker.
     *
     * @param path a {@code safety_checker} folder, or a model folder with one in it
     * @param options how libtorch is used; the threads are those of the whole process, see {@link Torch}
     */
    public static ClipChecker open(Path path, TorchOptions options) throws EngineException {
        Path folder = folder(path)
                .orElseThrow(() -> new EngineException.BadModel(
                        path + " is no safety checker: expected config.json, or " + FOLDER + "/config.json, in it"));
        Torch torch = new Torch(options);
        try {
            SafetyChecker network = SafetyChecker.load(torch, folder, DataType.FLOAT32);
            return new ClipChecker(torch, network, ClipImageProcessor.beside(folder, network.side()));
        } catch (EngineException | RuntimeException e) {
            torch.close();
            throw e;
        }
    }

    @Override
    public Findings look(Picture picture) throws EngineException {
        try (NativeScope scope = torch.open("safety check")) {
            int side = network.side();
            NDArray pixels = scope.floats(processor.pixels(picture), 1, 3, side, side);
            SafetyChecker.Similarities seen = network.look(scope, pixels);
            float[] concepts = scope.toFloats(seen.concepts());
            float[] special = scope.toFloats(seen.special());
            // Not a number is above no threshold, and would pass for harmless.
            requireFinite(concepts);
            requireFinite(special);
            SafetyChecker.Verdict verdict = network.judge(concepts, special);
            return new Findings(verdict.unsafe(), verdict.specialCare());
        }
    }

    private static void requireFinite(float[] cosines) throws EngineException.SafetyFailed {
        for (float cosine : cosines) {
            if (!Float.isFinite(cosine)) {
                throw new EngineException.SafetyFailed(
                        "the safety checker computed something that is not a number; its weights may be damaged",
                        false);
            }
        }
    }

    /** Native objects that it holds. */
    public long nativeHandles() {
        return torch.liveHandles();
    }

    @Override
    public void close() {
        network.close();
        torch.close();
    }
}
