package drover.speed;

import drover.diffusion.ModelSource;
import drover.diffusion.StableDiffusion;
import drover.graph.Holding;
import drover.graph.Precision;
import drover.graph.Torch;
import drover.graph.TorchOptions;
import drover.inference.EngineException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * How fast a model is loaded, compared with merely reading its files, which the system has in its cache. A loaded model
 * has had every page of its weights touched, those that lie in a mapped file too, so that its first step is like any
 * other.
 *
 * @param model what was loaded
 * @param fileBytes of its files of weights
 * @param weightBytes in memory afterwards
 * @param device where to, as libtorch calls it
 * @param computed type of the activations
 * @param readSeconds to read the files into nowhere, as {@code cat FILE >/dev/null} does, once for each round
 * @param loadSeconds to have a model that is ready to run, once for each round
 */
public record LoadSpeed(
        String model,
        long fileBytes,
        long weightBytes,
        String device,
        String computed,
        List<Double> readSeconds,
        List<Double> loadSeconds) {
    private static final int READ_BYTES = 1 << 17;
    private static final double MB = 1e6;

    public LoadSpeed {
        readSeconds = List.copyOf(readSeconds);
        loadSeconds = List.copyOf(loadSeconds);
    }

    /**
     * Measures.
     *
     * @param name for the report
     * @param path a diffusers folder, or a single file
     * @param rounds of reading and loading, at least 1; one of reading goes before, which is not measured
     */
    public static LoadSpeed measure(
            String name, Path path, TorchOptions options, Precision precision, Holding holding, int rounds)
            throws IOException, EngineException {
        List<Path> files = files(path);
        long fileBytes = read(files);
        List<Double> reads = new ArrayList<>();
        List<Double> loads = new ArrayList<>();
        long weightBytes = 0;
        Torch torch = new Torch(options);
        try {
            for (int i = 0; i < rounds; i++) {
                long begun = System.nanoTime();
                read(files);
                reads.add((System.nanoTime() - begun) / 1e9);
                begun = System.nanoTime();
                try (StableDiffusion model = StableDiffusion.load(
                        torch, ModelSource.at(path), precision.type(), holding, (bytes, of) -> {})) {
                    loads.add((System.nanoTime() - begun) / 1e9);
                    weightBytes = model.bytes();
                }
            }
        } finally {
            torch.close();
        }
        return new LoadSpeed(name, fileBytes, weightBytes, options.deviceName(), precision.text(), reads, loads);
    }

    private static List<Path> files(Path path) throws IOException {
        if (Files.isRegularFile(path)) {
            return List.of(path);
        }
        try (Stream<Path> all = Files.walk(path)) {
            return all.filter(file -> file.toString().endsWith(".safetensors"))
                    .sorted()
                    .toList();
        }
    }

    private static long read(List<Path> files) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(READ_BYTES);
        long bytes = 0;
        for (Path file : files) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                for (int some = channel.read(buffer); some >= 0; some = channel.read(buffer)) {
                    bytes += some;
                    buffer.clear();
                }
            }
        }
        return bytes;
    }

    /** Megabytes of files read per second, at best. */
    public double read() {
        return fileBytes / MB / fastest(readSeconds);
    }

    /** Megabytes of files loaded per second, at best. */
    public double load() {
        return fileBytes / MB / fastest(loadSeconds);
    }

    /** The one compared with the other. */
    public double ratio() {
        return load() / read();
    }

    private static double fastest(List<Double> seconds) {
        return seconds.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
    }
}
