package drover.diffusion;

import ai.djl.ndarray.types.DataType;
import drover.inference.EngineException;
import drover.weights.SafeTensors;
import drover.weights.WeightsException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What the files of a model say beyond what its jobs need to know.
 *
 * @param inpainting whether its UNet sees a mask and a picture
 * @param types the types of its weights on disk, by how many bytes they take, the most first, such as {@code F16}
 * @param float32 what it costs in float32
 * @param float16 what it costs in half precision
 */
public record ModelDetails(boolean inpainting, String types, Cost float32, Cost float16) {
    /** With a prompt and a negative prompt. */
    private static final long PROMPTS = 2;
    /** What a UNet's pass takes beside its weights, in numbers per pixel of the picture and prompt. */
    private static final long UNET_NUMBERS_PER_PIXEL = 1024;
    /** How many of an autoencoder's widest tensors are there at once: what goes in, what comes out, and a copy. */
    private static final long VAE_TENSORS = 3;

    /**
     * Bytes in memory.
     *
     * @param weights exactly
     * @param peak about, while one picture of the model's own size is painted with guidance
     */
    public record Cost(long weights, long peak) {}

    /** Opens the files of a model. */
    public static ModelDetails of(ModelInfo info) throws EngineException {
        ModelSource model = info.source();
        UNetConfig unet = UNetConfig.of(model.config("unet"));
        return new ModelDetails(
                unet.inChannels() > unet.outChannels(),
                types(model),
                cost(info, model, DataType.FLOAT32),
                cost(info, model, DataType.FLOAT16));
    }

    private static String types(ModelSource model) throws EngineException {
        Map<String, Long> bytes = new TreeMap<>();
        for (Path path : model.files()) {
            try (SafeTensors file = SafeTensors.open(path)) {
                for (String name : file.names()) {
                    file.find(name).ifPresent(it -> bytes.merge(it.type().name(), it.bytes(), Long::sum));
                }
            } catch (WeightsException e) {
                throw new EngineException.BadModel(String.valueOf(e.getMessage()), e);
            }
        }
        long all = bytes.values().stream().mapToLong(Long::longValue).sum();
        return bytes.entrySet().stream()
                .filter(entry -> entry.getValue() > all / 1000) // Counters and tables say nothing.
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                .map(Map.Entry::getKey)
                .collect(Collectors.joining("+"));
    }

    private static Cost cost(ModelInfo info, ModelSource model, DataType dtype) throws EngineException {
        long weights = StableDiffusion.weightBytes(model, dtype);
        VaeConfig vae = VaeConfig.of(model.config("vae"));
        long pixels = (long) info.width() * info.height();
        long painting = PROMPTS * UNET_NUMBERS_PER_PIXEL * dtype.getNumOfBytes() * pixels;
        // The second block works at full size before it comes down to the channels of the first.
        long widest = vae.channels().get(Math.min(1, vae.channels().size() - 1));
        long decoding = VAE_TENSORS * widest * vae.dtype(dtype).getNumOfBytes() * pixels;
        return new Cost(weights, weights + Math.max(painting, decoding));
    }
}
