package drover.speed;

import drover.diffusion.ExtraFiles;
import drover.diffusion.ModelCatalog;
import drover.graph.TorchOptions;
import drover.inference.AssetRef;
import drover.inference.AttemptId;
import drover.inference.Drawing;
import drover.inference.EngineException;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.inference.Phase;
import drover.inference.Position;
import drover.inference.RunMonitor;
import drover.inference.Sampler;
import drover.inference.pytorch.PyTorchDefaults;
import drover.inference.pytorch.PyTorchEngine;
import drover.inference.pytorch.PyTorchSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A whole picture through the engine, as a job would have it, and what it takes in each phase.
 *
 * @param arch the architecture
 * @param parameters of the model
 * @param size of the picture, pixels a side
 * @param steps of denoising
 * @param weightBytes of the model in memory
 * @param room bytes that models may take in this process, by its settings
 * @param phases in their order
 */
public record PipelineSpeed(
        String arch, long parameters, int size, int steps, long weightBytes, long room, List<Part> phases) {
    private static final double GUIDANCE = 7.5;
    private static final AttemptId ATTEMPT = new AttemptId(new JobId("bench"), 1);

    public PipelineSpeed {
        phases = List.copyOf(phases);
    }

    /**
     * One phase.
     *
     * @param name such as {@code LOADING}
     * @param seconds how long it took
     * @param peakBytes the most that the process had in memory during it; 0 where the system does not say
     * @param bytes what it had at its end
     */
    public record Part(String name, double seconds, long peakBytes, long bytes) {}

    /**
     * Draws a picture.
     *
     * @param torch how libtorch is used
     * @param room bytes that models may take; empty takes what a node would
     */
    public static PipelineSpeed measure(ScratchModel model, TorchOptions torch, OptionalLong room, int size, int steps)
            throws EngineException {
        PyTorchSettings settings = PyTorchDefaults.settings(
                torch.isGpu(),
                OptionalLong.empty(),
                torch.threads(),
                Optional.empty(),
                room,
                ExtraFiles.below(model.model()),
                torch.optimizeGraphs(),
                torch.mapWeights(),
                "bench");
        String name = model.kind().text();
        ImageRequest request = new ImageRequest(
                name,
                "a red apple on a wooden table",
                "blurry",
                size,
                size,
                steps,
                Sampler.EULER,
                GUIDANCE,
                1,
                1,
                1,
                Optional.empty());
        try (PyTorchEngine engine = new PyTorchEngine(ModelCatalog.scan(List.of(model.model())), settings)) {
            Watch watch = new Watch();
            List<Drawing> drawings = engine.run(ATTEMPT, request, watch);
            watch.end();
            if (drawings.size() != 1) {
                throw new IllegalStateException("one picture was asked for, but there are " + drawings.size());
            }
            long weightBytes =
                    engine.usage().stream().mapToLong(usage -> usage.bytes()).sum();
            return new PipelineSpeed(
                    name, model.parameters(), size, steps, weightBytes, settings.modelBytes(), watch.parts);
        }
    }

    /** The most that the process had in memory. */
    public long peakBytes() {
        return phases.stream().mapToLong(Part::peakBytes).max().orElse(0);
    }

    /** Looks at the clock and at memory whenever a phase ends. */
    private static final class Watch implements RunMonitor {
        private final List<Part> parts = new ArrayList<>();
        private Phase phase = Phase.STARTING;
        private long since = System.nanoTime();

        private Watch() {
            ResidentMemory.forgetPeak();
        }

        @Override
        public void at(Position position) {
            if (position.phase() != phase) {
                end();
                phase = position.phase();
            }
        }

        private void end() {
            long now = System.nanoTime();
            Optional<ResidentMemory> memory = ResidentMemory.read();
            parts.add(new Part(
                    phase.name(),
                    (now - since) / 1e9,
                    memory.map(ResidentMemory::peakBytes).orElse(0L),
                    memory.map(ResidentMemory::bytes).orElse(0L)));
            ResidentMemory.forgetPeak();
            since = now;
        }

        @Override
        public void heartbeat() {}

        @Override
        public void checkCancelled() {}

        @Override
        public byte[] input(AssetRef ref) {
            throw new IllegalStateException("nothing was handed in");
        }
    }
}
