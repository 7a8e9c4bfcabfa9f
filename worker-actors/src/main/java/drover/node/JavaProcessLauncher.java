package drover.node;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts {@link NodeMain} in a JVM of its own. The process inherits nothing of this one but its environment, without
 * Drover's own variables: those may hold keys.
 */
public final class JavaProcessLauncher implements ProcessLauncher {
    private static final Logger LOG = LoggerFactory.getLogger(JavaProcessLauncher.class);

    private final Path java;
    private final String classPath;
    private final Leftovers leftovers;

    /**
     * A launcher.
     *
     * @param java the {@code java} program
     * @param classPath what it gets as its class path
     * @param leftovers remembers every process until it has ended
     */
    public JavaProcessLauncher(Path java, String classPath, Leftovers leftovers) {
        this.java = java;
        // Absolute, because an ahead-of-time cache is good only for the very class path that it was made with.
        this.classPath = Arrays.stream(classPath.split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath().normalize().toString())
                .collect(Collectors.joining(File.pathSeparator));
        this.leftovers = leftovers;
    }

    /** A launcher that uses the Java and the class path of this process. */
    public static JavaProcessLauncher likeThisProcess(Leftovers leftovers) {
        return new JavaProcessLauncher(
                Path.of(System.getProperty("java.home"), "bin", "java"),
                System.getProperty("java.class.path"),
                leftovers);
    }

    @Override
    public NodeProcess launch(GpuDevice device, NodeSettings.ProcessSettings settings, Bootstrap bootstrap)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command(settings, bootstrap));
        builder.environment().keySet().removeIf(name -> name.startsWith("DROVER_"));
        builder.environment().put("CUDA_VISIBLE_DEVICES", device.visibleDevices());
        // Numbers, where no UUID is known, are then the ones that the driver and its tools use.
        builder.environment().put("CUDA_DEVICE_ORDER", "PCI_BUS_ID");
        // Threads of libgomp would otherwise spin while they wait, and take the cores from those that work.
        builder.environment().putIfAbsent("OMP_WAIT_POLICY", "PASSIVE");
        builder.redirectErrorStream(true);
        Process process = builder.start();
        ProcessOutput.relay(bootstrap, process.getInputStream());
        try {
            leftovers.remember(bootstrap.node(), bootstrap.launch(), process.toHandle());
            OutputStream in = process.getOutputStream();
            in.write(bootstrap.toLine());
            in.flush();
        } catch (IOException | RuntimeException e) {
            process.destroyForcibly();
            throw e;
        }
        return new Started(process, leftovers, bootstrap);
    }

    private List<String> command(NodeSettings.ProcessSettings settings, Bootstrap bootstrap) {
        List<String> command = new ArrayList<>();
        command.add(java.toString());
        command.add("-Xmx" + settings.heap());
        command.addAll(JVM_FLAGS);
        // Where the JVM writes of its own crash; its default is the folder that the operator happened to be in.
        command.add("-XX:ErrorFile=" + bootstrap.logging().dir().resolve("node-" + bootstrap.node() + "-crash-%p.log"));
        settings.aotCache().filter(Files::isRegularFile).ifPresent(cache -> command.add("-XX:AOTCache=" + cache));
        command.addAll(settings.jvmOptions());
        command.add("-cp");
        command.add(classPath);
        command.add(NodeMain.class.getName());
        return command;
    }

    /** The options of every node process; an ahead-of-time cache is made with the same ones. */
    static final List<String> JVM_FLAGS = List.of(
            // The heap is small, and the cores belong to the model.
            "-XX:+UseSerialGC",
            "--sun-misc-unsafe-memory-access=allow",
            "--enable-native-access=ALL-UNNAMED",
            "-Dai.djl.offline=true",
            "-Djava.awt.headless=true");

    private static final class Started implements NodeProcess {
        private final Process process;
        private final CompletionStage<Integer> exit;

        private Started(Process process, Leftovers leftovers, Bootstrap bootstrap) {
            this.process = process;
            this.exit = process.onExit().thenApply(ended -> {
                leftovers.forget(bootstrap.node(), bootstrap.launch());
                return ended.exitValue();
            });
        }

        @Override
        public long pid() {
            return process.pid();
        }

        @Override
        public CompletionStage<Integer> onExit() {
            return exit;
        }

        @Override
        public void dismiss() {
            try {
                process.getOutputStream().close();
            } catch (IOException e) {
                LOG.debug("the standard input of process {} was closed already", process.pid(), e);
            }
        }

        @Override
        public void kill() {
            process.destroyForcibly();
        }
    }
}
