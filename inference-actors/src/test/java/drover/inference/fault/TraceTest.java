package drover.inference.fault;

import static org.assertj.core.api.Assertions.assertThat;

import drover.inference.AssetRef;
import drover.inference.AttemptId;
import drover.inference.EngineException;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.inference.Position;
import drover.inference.RunMonitor;
import drover.inference.Sampler;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceTest {
    private static final ImageRequest REQUEST =
            new ImageRequest("m", "x", "", 64, 64, 2, Sampler.EULER, 7.5, 1, 1, 1, Optional.empty());

    @TempDir
    private Path folder;

    @Test
    void holdsEveryPositionOfEveryEngineThatWritesIntoIt() throws IOException, EngineException {
        Path file = folder.resolve("trace");
        Positions first = new Positions();
        Positions second = new Positions();
        AttemptId one = new AttemptId(new JobId("a"), 1);
        AttemptId two = new AttemptId(new JobId("a"), 2);
        long begin = System.nanoTime();
        try (FaultEngine here = new FaultEngine(settings(file));
                FaultEngine there = new FaultEngine(settings(file))) {
            here.run(one, REQUEST, first);
            there.run(two, REQUEST, second);
        }

        List<Trace.Line> lines = Trace.read(file);

        assertThat(lines)
                .filteredOn(line -> line.attempt().equals(one))
                .extracting(Trace.Line::position)
                .isEqualTo(first.all);
        assertThat(lines)
                .filteredOn(line -> line.attempt().equals(two))
                .extracting(Trace.Line::position)
                .isEqualTo(second.all);
        assertThat(lines)
                .allMatch(line -> line.pid() == ProcessHandle.current().pid())
                .extracting(line -> line.nanos() - begin)
                .isSorted()
                .allMatch(since -> since >= 0);
    }

    private static FaultSettings settings(Path trace) {
        return new FaultSettings(
                Set.of("m"),
                Duration.ZERO,
                Duration.ZERO,
                Duration.ZERO,
                Duration.ZERO,
                Duration.ofSeconds(1),
                Optional.of(trace),
                Duration.ZERO);
    }

    private static final class Positions implements RunMonitor {
        private final List<Position> all = new ArrayList<>();

        @Override
        public void at(Position position) {
            all.add(position);
        }

        @Override
        public void heartbeat() {}

        @Override
        public void checkCancelled() {}

        @Override
        public byte[] input(AssetRef ref) {
            throw new AssertionError("the fault engine reads no inputs");
        }
    }
}
