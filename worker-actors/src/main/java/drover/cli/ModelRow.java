package drover.cli;

import drover.diffusion.ModelDetails;
import drover.diffusion.ModelFiles;
import drover.diffusion.ModelInfo;
import drover.inference.EngineException;
import drover.weights.FileHashes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code drover models list} says of a model; {@code --json} prints it as it is.
 *
 * @param architecture what kind of model it is
 * @param inpainting whether its network sees a mask
 * @param prediction {@code epsilon} or {@code v_prediction}
 * @param types of its weights on disk
 * @param bytes of its weights on disk
 * @param float32 what it costs in memory in float32
 * @param float16 what it costs in half precision
 * @param sha256 of its weights; absent if it is not known yet
 */
record ModelRow(
        String name,
        String architecture,
        boolean inpainting,
        String prediction,
        int width,
        int height,
        int maxSize,
        String types,
        long bytes,
        ModelDetails.Cost float32,
        ModelDetails.Cost float16,
        Optional<String> sha256,
        int steps,
        String sampler,
        double cfgScale,
        int clipSkip,
        Optional<String> vae,
        Optional<String> description,
        String path) {
    /** Digits of a hash that a table shows, as model sites do. */
    private static final int SHORT = 10;

    private static final double GIB = 1 << 30;

    static ModelRow of(ModelInfo model, ModelFiles.Hashing hashing) throws EngineException, IOException {
        ModelDetails details = ModelDetails.of(model);
        Optional<Map<Path, String>> hashes = ModelFiles.hashes(model.source(), hashing);
        return new ModelRow(
                model.name(),
                model.architecture().commonName(),
                details.inpainting(),
                model.prediction().configName(),
                model.width(),
                model.height(),
                model.maxSize(),
                details.types(),
                model.weightBytes(),
                details.float32(),
                details.float16(),
                hashes.map(it -> ModelFiles.digest(model.path(), it)),
                model.steps(),
                model.sampler().hordeName(),
                model.cfgScale(),
                model.clipSkip(),
                model.declared().vae().map(Path::toString),
                model.declared().description(),
                model.path().toString());
    }

    /** What is known already, or what reading the files says. */
    static ModelFiles.Hashing hashing(FileHashes known, boolean reads) {
        return file -> reads ? Optional.of(known.of(file)) : known.known(file);
    }

    String kind() {
        return architecture + (inpainting ? ", inpainting" : "");
    }

    String shortHash() {
        return sha256.map(hash -> hash.substring(0, SHORT)).orElse("-");
    }

    /** A number of bytes for people. */
    static String size(long bytes) {
        return bytes >= GIB / 10
                ? String.format(Locale.ROOT, "%.1f GiB", bytes / GIB)
                : String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1 << 20));
    }
}
