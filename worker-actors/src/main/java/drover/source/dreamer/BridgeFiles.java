package drover.source.dreamer;

import drover.source.bridge.BridgeProblem;
import drover.source.bridge.BridgeReader;
import drover.source.bridge.BridgeReading;
import drover.source.bridge.BridgeWatch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;

/** The operator's files, kept in view. One look at a time: the next one begins when this one has been heard of. */
final class BridgeFiles {
    private final List<Path> files;
    private final BridgeReader reader;
    private final Map<Path, BridgeWatch> watches = new LinkedHashMap<>();

    /**
     * Files of which none has been looked at.
     *
     * @param environment of the process, which may hold keys of the files
     */
    BridgeFiles(List<Path> files, Map<String, String> environment) {
        this.files = List.copyOf(files);
        this.reader = new BridgeReader(environment);
    }

    /**
     * How a file looks now.
     *
     * @param there whether it, or what stands for it, is there
     * @param reading what is in force
     * @param change since the last look; empty at the first
     */
    record View(Path file, boolean there, BridgeReading reading, Optional<BridgeWatch.Change> change) {}

    /** Looks at each of them. Blocks while it reads. */
    List<View> look() {
        List<View> views = new ArrayList<>();
        for (Path file : files) {
            BridgeWatch known = watches.get(file);
            if (known == null) {
                BridgeWatch fresh = BridgeWatch.of(file, reader);
                watches.put(file, fresh);
                boolean there = fresh.inForce().data().isPresent() || Files.exists(file);
                views.add(new View(file, there, fresh.inForce(), Optional.empty()));
            } else {
                views.add(new View(file, true, known.inForce(), Optional.of(known.look())));
            }
        }
        return views;
    }

    /**
     * Tells the operator what is new in a view.
     *
     * @return what is in force from now on, if that is something else than before
     */
    static Optional<BridgeReading> tell(View view, Logger log) {
        if (view.change().isEmpty()) {
            return view.there() ? Optional.of(told(view.reading(), log)) : Optional.empty();
        }
        return switch (view.change().get()) {
            case BridgeWatch.Change.None _ -> Optional.empty();
            case BridgeWatch.Change.Reloaded(BridgeReading reading, List<String> keys) -> {
                log.info("{} was changed: {}", view.file(), keys);
                yield Optional.of(told(reading, log));
            }
            case BridgeWatch.Change.Rejected(List<BridgeProblem> problems) -> {
                problems.forEach(problem ->
                        log.error("{} was changed and cannot be used, the old values stay: {}", view.file(), problem));
                yield Optional.empty();
            }
        };
    }

    private static BridgeReading told(BridgeReading reading, Logger log) {
        for (BridgeProblem problem : reading.problems()) {
            switch (problem.severity()) {
                case ERROR -> log.error("{}", problem);
                case WARNING -> log.warn("{}", problem);
                case NOTE -> log.info("{}", problem);
            }
        }
        return reading;
    }
}
