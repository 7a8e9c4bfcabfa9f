package drover.graph;

import ai.djl.Device;
import ai.djl.engine.Engine;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What libtorch can run on in this process. */
public final class TorchDevice {
    private static final Pattern GPU = Pattern.compile("cuda(?::([0-9]{1,3}))?");

    private TorchDevice() {}

    /** How many GPUs this libtorch can use; 0 also if it was built without CUDA. Loads libtorch. */
    public static int gpus() {
        return Engine.getEngine("PyTorch").getGpuCount();
    }

    /**
     * The device of this name, as PyTorch writes them. Loads libtorch unless it is the CPU.
     *
     * @param name {@code cpu}, {@code cuda}, {@code cuda:1}, or {@code auto} for the first GPU if there is one
     * @throws IllegalArgumentException if there is no such device here
     */
    static Device of(String name) {
        if (name.equals("cpu")) {
            return Device.cpu();
        }
        if (name.equals("auto")) {
            return gpus() > 0 ? Device.gpu(0) : Device.cpu();
        }
        Matcher gpu = GPU.matcher(name);
        if (!gpu.matches()) {
            throw new IllegalArgumentException("a device is auto, cpu, cuda or cuda:N, but not '" + name + "'");
        }
        int index = gpu.group(1) == null ? 0 : Integer.parseInt(gpu.group(1));
        int count = gpus();
        if (index >= count) {
            throw new IllegalArgumentException("there is no " + name + ": this libtorch "
                    + (count == 0
                            ? "sees no GPU, or was built without CUDA"
                            : "sees " + count + " GPU(s), counted from 0"));
        }
        return Device.gpu(index);
    }
}
