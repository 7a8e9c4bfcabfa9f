package drover.node;

import java.util.List;
import java.util.regex.Pattern;

/** Which devices get a node. */
public sealed interface GpuSelection {
    /** Every GPU that can be found; with none, one CPU node. */
    record Auto() implements GpuSelection {}

    /** None at all: a host of the cluster that takes jobs and has a vote, and leaves the work to others. */
    record None() implements GpuSelection {}

    /**
     * These ones.
     *
     * @param devices GPU numbers, or {@code cpu}; the same GPU at most once, {@code cpu} once for each CPU node wanted
     */
    record Listed(List<String> devices) implements GpuSelection {
        private static final Pattern DEVICE = Pattern.compile("[0-9]{1,4}|cpu");

        public Listed {
            devices = List.copyOf(devices);
            if (devices.isEmpty()) {
                throw new IllegalArgumentException("the list of GPUs is empty; name at least one, or cpu, or say auto");
            }
            for (String device : devices) {
                if (!DEVICE.matcher(device).matches()) {
                    throw new IllegalArgumentException("a GPU is a number from 0, or cpu, but was: " + device);
                }
            }
            List<Integer> gpus = devices.stream()
                    .filter(d -> !d.equals("cpu"))
                    .map(Integer::valueOf)
                    .toList();
            if (gpus.stream().distinct().count() != gpus.size()) {
                throw new IllegalArgumentException("a GPU is named twice in " + devices);
            }
        }
    }
}
