package drover.inference.pytorch;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import drover.diffusion.ExtraFiles;
import drover.graph.Precision;
import drover.graph.TorchDevice;
import drover.graph.TorchOptions;
import java.lang.management.ManagementFactory;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns what an operator leaves open into settings for the process at hand. */
public final class PyTorchDefaults {
    private static final Logger LOG = LoggerFactory.getLogger(PyTorchDefaults.class);

    /** What part of a GPU's memory models may take; the rest is for what they compute. */
    private static final double SHARE_OF_GPU = 0.6;
    /** What part of the host's memory models may take, which they share with everything else there. */
    private static final double SHARE_OF_HOST = 0.4;

    /**
     * What part of a GPU's memory a pass of a network may take when several pictures are painted at once. A processor gains
     * nothing by that, so there each picture is painted alone, and is the same to the last bit however many were asked for.
     */
    private static final double WORK_SHARE_OF_GPU = 0.25;

    private PyTorchDefaults() {}

    /**
     * Settings for this process. Loads libtorch if a GPU is asked for.
     *
     * @param gpu whether to run on the one GPU that this process sees; without a libtorch that can use it, it runs on
     *     the CPU, and a warning says so
     * @param gpuMemory that GPU's memory in bytes, where it is known
     * @param threads threads of one operation; 0 takes as many as the process has processors
     * @param precision what networks compute in; empty takes what is {@linkplain Precision#usual usual} on the device
     * @param modelBytes what resident models may take; empty takes a share of the memory that is there
     * @param files what models are combined with
     * @param optimizeGraphs whether libtorch's graph optimiser runs
     * @param mapWeights see {@link TorchOptions}
     * @param version Drover's version, for the pictures' metadata
     */
    public static PyTorchSettings settings(
            boolean gpu,
            OptionalLong gpuMemory,
            int threads,
            Optional<Precision> precision,
            OptionalLong modelBytes,
            ExtraFiles files,
            boolean optimizeGraphs,
            boolean mapWeights,
            String version) {
        Device device = device(gpu);
        int processors = Runtime.getRuntime().availableProcessors();
        TorchOptions options = new TorchOptions(device, threads > 0 ? threads : processors, optimizeGraphs, mapWeights);
        long models = modelBytes.orElseGet(() -> share(device, gpuMemory));
        long work = device.isGpu() ? (long) (gpuMemory.orElse(0) * WORK_SHARE_OF_GPU) : 0;
        DataType type =
                precision.orElseGet(() -> Precision.usual(device.isGpu())).type();
        return new PyTorchSettings(options, type, models, work, files, version);
    }

    private static Device device(boolean gpu) {
        if (!gpu) {
            return Device.cpu();
        }
        if (TorchDevice.gpus() > 0) {
            return Device.gpu(0);
        }
        LOG.warn("there is a GPU, but this libtorch was built without CUDA; running on the CPU");
        return Device.cpu();
    }

    private static long share(Device device, OptionalLong gpuMemory) {
        if (device.isGpu() && gpuMemory.isPresent()) {
            return (long) (gpuMemory.getAsLong() * SHARE_OF_GPU);
        }
        var system = ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class);
        return (long) (system.getTotalMemorySize() * SHARE_OF_HOST);
    }
}
