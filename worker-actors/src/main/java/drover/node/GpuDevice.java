package drover.node;

import drover.inference.CborSerializable;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * What one node runs on.
 *
 * @param node the node's name: {@code gpu0}, or {@code cpu0} where there is no GPU; with several hosts {@code
 *     gpu0@10.0.0.2}
 * @param index the GPU's number, empty for a CPU
 * @param uuid the GPU's lasting name, where it is known
 * @param name the product, such as {@code NVIDIA H100 80GB HBM3}, or {@code CPU}
 * @param memoryBytes the GPU's memory, where it is known
 */
public record GpuDevice(String node, OptionalInt index, Optional<String> uuid, String name, OptionalLong memoryBytes)
        implements CborSerializable {
    private static final Pattern NODE = Pattern.compile("[a-z]+[0-9]+(@[A-Za-z0-9.-]+)?");

    public GpuDevice {
        if (!NODE.matcher(node).matches()) {
            throw new IllegalArgumentException("a node's name is letters and a number, such as gpu0, but was: " + node);
        }
    }

    /** The same as a node of this host, one of several. */
    GpuDevice on(String host) {
        return new GpuDevice(node + "@" + host.replaceAll("[^A-Za-z0-9.-]", "-"), index, uuid, name, memoryBytes);
    }

    /** The processor itself, as the {@code n}-th node of its kind, from 0. */
    public static GpuDevice cpu(int n) {
        return new GpuDevice("cpu" + n, OptionalInt.empty(), Optional.empty(), "CPU", OptionalLong.empty());
    }

    /** The GPU of this number, of which nothing more is known. */
    public static GpuDevice gpu(int index) {
        return new GpuDevice(
                "gpu" + index, OptionalInt.of(index), Optional.empty(), "GPU " + index, OptionalLong.empty());
    }

    /**
     * What {@code CUDA_VISIBLE_DEVICES} is set to, so that the process sees this GPU and no other; empty text hides all
     * of them.
     */
    public String visibleDevices() {
        return uuid.orElseGet(() -> index.isPresent() ? Integer.toString(index.getAsInt()) : "");
    }

    /** The GPU's number, or {@code cpu}; the same across restarts of its process. */
    public String gpu() {
        return index.isPresent() ? Integer.toString(index.getAsInt()) : "cpu";
    }
}
