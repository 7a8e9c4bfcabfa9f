package drover.graph;

import ai.djl.Device;

/**
 * How libtorch is used by one process.
 *
 * @param device where networks run
 * @param threads threads one operation may use on the CPU, at least 1. Part of what makes a picture reproducible to the
 *     last bit, because sums are split among the threads
 * @param optimizeGraphs whether libtorch profiles the first calls of a network and then rewrites it; see {@link Torch}
 * @param mapWeights whether weights that need no conversion are used where they lie in the mapped file, on the CPU, rather
 *     than copied
 */
public record TorchOptions(Device device, int threads, boolean optimizeGraphs, boolean mapWeights) {
    public TorchOptions {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1, but was " + threads);
        }
    }

    /**
     * Runs on the device of this name, graphs as they were written, weights where they lie. Loads libtorch unless it is
     * the CPU.
     *
     * @param device {@code cpu}, {@code cuda}, {@code cuda:1}, or {@code auto} for the first GPU if there is one
     * @throws IllegalArgumentException if there is no such device here
     */
    public static TorchOptions on(String device, int threads) {
        return new TorchOptions(TorchDevice.of(device), threads, false, true);
    }

    /** Whether networks run on a GPU. */
    public boolean isGpu() {
        return device.isGpu();
    }

    /** The device, as libtorch calls it. */
    public String deviceName() {
        return device.isGpu() ? "cuda:" + device.getDeviceId() : "cpu";
    }

    /** Runs on the CPU with the given threads, graphs as they were written, weights where they lie. */
    public static TorchOptions cpu(int threads) {
        return new TorchOptions(Device.cpu(), threads, false, true);
    }

    /** These, but weights are mapped or not. */
    public TorchOptions mapping(boolean weights) {
        return new TorchOptions(device, threads, optimizeGraphs, weights);
    }
}
