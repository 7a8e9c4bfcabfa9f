package drover.source.bridge;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Notices that a {@code bridgeData.yaml} was edited, and reads it again. An edit that cannot be used keeps the old values
 * and says why, once. Somebody asks it now and then, about every second; a change counts when it looks the same twice, so
 * that no half-written file is read. Not for use by several threads.
 */
public final class BridgeWatch {
    private final Supplier<Optional<Stamp>> stamps;
    private final Supplier<BridgeReading> reader;
    private BridgeReading inForce;
    private Optional<Stamp> read;
    private Optional<Stamp> last;

    /**
     * How a file looks from outside.
     *
     * @param modified when it was last written
     * @param size its bytes
     */
    public record Stamp(Instant modified, long size) {
        /** How this file looks now; empty if it is not there. */
        public static Optional<Stamp> of(Path file) {
            try {
                BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                return Optional.of(new Stamp(attributes.lastModifiedTime().toInstant(), attributes.size()));
            } catch (IOException e) {
                return Optional.empty();
            }
        }
    }

    /** What a look at the file came to. */
    public sealed interface Change {
        /** Nothing new. */
        record None() implements Change {}

        /**
         * New values are in force.
         *
         * @param keys those whose values are others than before
         */
        record Reloaded(BridgeReading reading, List<String> keys) implements Change {
            public Reloaded {
                keys = List.copyOf(keys);
            }
        }

        /**
         * The file was changed but cannot be used; what was in force stays so.
         *
         * @param problems why
         */
        record Rejected(List<BridgeProblem> problems) implements Change {
            public Rejected {
                problems = List.copyOf(problems);
            }
        }
    }

    /**
     * @param inForce what was read at the start
     * @param stamp how the file looked before it was read
     * @param stamps how it looks now
     * @param reader reads it
     */
    public BridgeWatch(
            BridgeReading inForce,
            Optional<Stamp> stamp,
            Supplier<Optional<Stamp>> stamps,
            Supplier<BridgeReading> reader) {
        this.inForce = inForce;
        this.read = stamp;
        this.last = stamp;
        this.stamps = stamps;
        this.reader = reader;
    }

    /** Watches a file, which is read at once. */
    public static BridgeWatch of(Path file, BridgeReader reader) {
        Optional<Stamp> stamp = Stamp.of(file);
        return new BridgeWatch(reader.read(file), stamp, () -> Stamp.of(file), () -> reader.read(file));
    }

    /** What is in force. */
    public BridgeReading inForce() {
        return inForce;
    }

    /** Looks at the file. */
    public Change look() {
        Optional<Stamp> now = stamps.get();
        boolean settled = now.equals(last);
        last = now;
        if (!settled || now.equals(read)) {
            return new Change.None();
        }
        read = now;
        BridgeReading reading = reader.get();
        if (reading.data().isEmpty()) {
            return new Change.Rejected(reading.problems(BridgeProblem.Severity.ERROR));
        }
        List<String> keys = changed(inForce, reading);
        boolean same = reading.data().equals(inForce.data());
        inForce = reading;
        return same && keys.isEmpty() ? new Change.None() : new Change.Reloaded(reading, keys);
    }

    private static List<String> changed(BridgeReading before, BridgeReading after) {
        Map<String, String> old = new HashMap<>();
        before.settings().forEach(setting -> old.put(setting.key(), setting.value()));
        List<String> keys = new ArrayList<>();
        for (BridgeSetting setting : after.settings()) {
            if (!setting.value().equals(old.get(setting.key()))) {
                keys.add(setting.key());
            }
        }
        return keys;
    }
}
