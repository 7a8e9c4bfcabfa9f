package drover.node;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Which GPUs this host has. Read through NVIDIA's management library, which takes no memory on the GPU as a CUDA context
 * would.
 */
@FunctionalInterface
public interface GpuInventory {
    /** The GPUs of this host, by number. May block for some tenths of a second. */
    List<GpuDevice> gpus();

    /** The inventory of this host; empty where there is no NVIDIA driver. */
    static GpuInventory ofThisHost() {
        return Nvml::read;
    }

    /** The same GPUs, under names that no other host's have. */
    default GpuInventory on(String host) {
        GpuInventory all = this;
        return new GpuInventory() {
            @Override
            public List<GpuDevice> gpus() {
                return all.gpus();
            }

            @Override
            public List<GpuDevice> select(GpuSelection selection) {
                return all.select(selection).stream()
                        .map(device -> device.on(host))
                        .toList();
            }
        };
    }

    /** The devices that the selection asks for, each under the name of its node. */
    default List<GpuDevice> select(GpuSelection selection) {
        return switch (selection) {
            case GpuSelection.Auto _ -> {
                List<GpuDevice> found = gpus();
                yield found.isEmpty() ? List.of(GpuDevice.cpu(0)) : found;
            }
            case GpuSelection.None _ -> List.of();
            case GpuSelection.Listed(List<String> devices) -> listed(devices);
        };
    }

    private List<GpuDevice> listed(List<String> devices) {
        boolean onlyCpus = devices.stream().allMatch("cpu"::equals);
        List<GpuDevice> known = onlyCpus ? List.of() : gpus();
        List<GpuDevice> selected = new ArrayList<>();
        int cpus = 0;
        for (String device : devices) {
            if (device.equals("cpu")) {
                selected.add(GpuDevice.cpu(cpus++));
            } else {
                int index = Integer.parseInt(device);
                selected.add(known.stream()
                        .filter(gpu -> gpu.index().equals(OptionalInt.of(index)))
                        .findFirst()
                        .orElseGet(() -> GpuDevice.gpu(index)));
            }
        }
        return selected;
    }
}
