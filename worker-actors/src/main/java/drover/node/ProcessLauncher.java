package drover.node;

import java.io.IOException;

/** Starts processes for nodes. */
@FunctionalInterface
public interface ProcessLauncher {
    /**
     * Starts a process and tells it its bootstrap. Blocks for some milliseconds.
     *
     * @throws IOException if it could not be started
     */
    NodeProcess launch(GpuDevice device, NodeSettings.ProcessSettings settings, Bootstrap bootstrap) throws IOException;
}
