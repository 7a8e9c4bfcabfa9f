package drover.bench;

import com.sun.management.OperatingSystemMXBean;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import javax.management.MBeanServerConnection;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/** Looks into a Java process of this machine: its memory, and which of its threads have used the processors. */
final class ProcessProbe implements AutoCloseable {
    /** The compiler's threads: what they use fades with the time that the same work has gone on. */
    static final String COMPILER = "compiler";

    /** What no Java thread of the process has used, nor the compiler: the collector, and threads that have ended. */
    static final String REST = "collector, others";

    /** Linux counts pages; 4 KiB on every machine that has CUDA but some ARM ones. */
    private static final long PAGE = 4096;

    private static final Pattern COMPILERS = Pattern.compile("C[12] CompilerThre.*");
    private static final Pattern NUMBER = Pattern.compile("[-_.]?\\d+.*");

    private final long pid;
    private final MemoryMXBean memory;
    private final ThreadMXBean threads;
    private final OperatingSystemMXBean system;
    private final Closing closing;

    private interface Closing {
        void close() throws IOException;
    }

    /**
     * What a process holds at one moment.
     *
     * @param heapBytes Java heap in use, right after a collection
     * @param residentBytes its pages in memory, native memory included; 0 where there is no {@code /proc}
     */
    record Memory(long heapBytes, long residentBytes) {}

    private ProcessProbe(long pid, MBeanServerConnection beans, Closing closing) throws IOException {
        this.pid = pid;
        this.memory = ManagementFactory.newPlatformMXBeanProxy(
                beans, ManagementFactory.MEMORY_MXBEAN_NAME, MemoryMXBean.class);
        this.threads = ManagementFactory.newPlatformMXBeanProxy(
                beans, ManagementFactory.THREAD_MXBEAN_NAME, ThreadMXBean.class);
        this.system = ManagementFactory.newPlatformMXBeanProxy(
                beans, ManagementFactory.OPERATING_SYSTEM_MXBEAN_NAME, OperatingSystemMXBean.class);
        this.closing = closing;
    }

    /** Looks into this process itself. */
    static ProcessProbe own() throws IOException {
        return new ProcessProbe(ProcessHandle.current().pid(), ManagementFactory.getPlatformMBeanServer(), () -> {});
    }

    /** Looks into another process of the same user, through the JDK's management agent, which it starts there. */
    // The address is the one that a child of this very process has just given.
    @SuppressWarnings("BanJNDI")
    static ProcessProbe of(long pid) throws IOException {
        try {
            VirtualMachine machine = VirtualMachine.attach(Long.toString(pid));
            try {
                JMXConnector connector =
                        JMXConnectorFactory.connect(new JMXServiceURL(machine.startLocalManagementAgent()));
                return new ProcessProbe(pid, connector.getMBeanServerConnection(), connector::close);
            } finally {
                machine.detach();
            }
        } catch (AttachNotSupportedException e) {
            throw new IOException("process " + pid + " cannot be looked into", e);
        }
    }

    /** Collects the process's garbage and reads what is left. */
    Memory memory() throws IOException {
        memory.gc();
        long heap = memory.getHeapMemoryUsage().getUsed();
        Path pages = Path.of("/proc", Long.toString(pid), "statm");
        return new Memory(
                heap,
                Files.isReadable(pages) ? Long.parseLong(Files.readString(pages).split(" ", 3)[1]) * PAGE : 0);
    }

    /** Processor time in nanoseconds since the process began, by threads of one kind. */
    Map<String, Long> processorTime() {
        Map<String, Long> byKind = new TreeMap<>();
        long known = 0;
        for (long id : threads.getAllThreadIds()) {
            ThreadInfo thread = threads.getThreadInfo(id);
            long used = threads.getThreadCpuTime(id);
            if (thread != null && used > 0) {
                byKind.merge(NUMBER.matcher(thread.getThreadName()).replaceFirst(""), used, Long::sum);
                known += used;
            }
        }
        long compiler = compilerTime();
        byKind.put(COMPILER, compiler);
        byKind.put(REST, Math.max(0, system.getProcessCpuTime() - known - compiler));
        return byKind;
    }

    /** Nanoseconds; 0 where there is no {@code /proc}. No bean tells of the virtual machine's own threads. */
    private long compilerTime() {
        long nanos = 0;
        Path tasks = Path.of("/proc", Long.toString(pid), "task");
        if (!Files.isDirectory(tasks)) {
            return 0;
        }
        try (DirectoryStream<Path> all = Files.newDirectoryStream(tasks)) {
            for (Path task : all) {
                nanos += compilerTime(task);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return nanos;
    }

    private static long compilerTime(Path task) {
        try {
            String name = Files.readString(task.resolve("comm")).strip();
            return COMPILERS.matcher(name).matches()
                    ? Long.parseLong(Files.readString(task.resolve("schedstat")).split(" ", 2)[0])
                    : 0;
        } catch (IOException e) {
            return 0; // It has ended meanwhile.
        }
    }

    @Override
    public void close() throws IOException {
        closing.close();
    }
}
