package drover.node;

import drover.process.JavaCommand;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts {@link NodeMain} in a JVM of its own. The process inherits nothing of this one but its environment, without
 * Drover's own variables: those may hold keys.
 */
public final class JavaProcessLauncher implements ProcessLauncher {
    private static final Logger LOG = LoggerFactory.getLogger(JavaProcessLauncher.class);

    private final Leftovers leftovers;

    /**
     * A launcher.
     *
     * @param leftovers remembers every process until it has ended
     */
    public JavaProcessLauncher(Leftovers leftovers) {
        this.leftovers = leftovers;
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

    private static List<String> command(NodeSettings.ProcessSettings settings, Bootstrap bootstrap) {
        JavaCommand command = JavaCommand.of(NodeMain.class)
                .withHeap(settings.heap())
                // The heap is small, and the cores belong to the model.
                .with("-XX:+UseSerialGC", "-Djava.awt.headless=true")
                // Where the JVM writes of its own crash; its default is the folder that the operator happened to be in.
                .with("-XX:ErrorFile="
                        + bootstrap.logging().dir().resolve("node-" + bootstrap.node() + "-crash-%p.log"));
        return settings.aotCache()
                .filter(Files::isRegularFile)
                .map(cache -> command.with("-XX:AOTCache=" + cache))
                .orElse(command)
                .with(settings.jvmOptions())
                .line();
    }

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
