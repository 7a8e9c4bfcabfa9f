package drover.node;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;

/** Reads what this process holds: its pages from Linux's {@code /proc}, its heap from the JVM. */
final class ProcessMemory implements Supplier<NodeMemory> {
    /** Linux counts pages; 4 KiB on every machine that has CUDA but some ARM ones. */
    private static final long PAGE = 4096;

    private final Path statm = Path.of("/proc/self/statm");

    @Override
    public NodeMemory get() {
        MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        return new NodeMemory(residentBytes(), heap.getUsed(), heap.getMax(), 0);
    }

    /** 0 where there is no {@code /proc}. */
    private long residentBytes() {
        try {
            String[] pages = Files.readString(statm).split(" ", 3);
            return Long.parseLong(pages[1]) * PAGE;
        } catch (IOException | RuntimeException e) {
            return 0;
        }
    }
}
