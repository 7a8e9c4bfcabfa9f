package drover.source.bridge;

import drover.source.bridge.BridgeProblem.Severity;
import java.util.List;
import java.util.Optional;

/**
 * What came of reading a {@code bridgeData.yaml}.
 *
 * @param data what it says; empty if it cannot be used
 * @param problems in the order of the file
 * @param settings every key that Drover goes by
 */
public record BridgeReading(Optional<BridgeData> data, List<BridgeProblem> problems, List<BridgeSetting> settings) {
    public BridgeReading {
        problems = List.copyOf(problems);
        settings = List.copyOf(settings);
    }

    /** The problems of one severity. */
    public List<BridgeProblem> problems(Severity severity) {
        return problems.stream().filter(it -> it.severity() == severity).toList();
    }
}
