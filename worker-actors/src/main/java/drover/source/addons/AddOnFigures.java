package drover.source.addons;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToDoubleFunction;

/** What a store has done, in figures. For one actor at a time; whoever looks at the registry may do so at any time. */
final class AddOnFigures {
    private final MeterRegistry meters;
    private final Tags tags;
    private final AtomicReference<AddOnStatus> latest;
    private final Map<String, Long> failed = new TreeMap<>();
    private long downloaded;
    private long downloadedBytes;
    private long evicted;

    /** Nothing has happened. */
    AddOnFigures(AddOn kind, MeterRegistry meters) {
        this.meters = meters;
        this.tags = Tags.of("kind", kind.label());
        this.latest = new AtomicReference<>(new AddOnStatus(kind.label(), 0, 0, 0, 0, Map.of(), 0, 0, 0, 0));
        level("drover.horde.addons.downloading", "Files on their way for jobs of the Horde.", AddOnStatus::downloading);
        level("drover.horde.addons.waiting", "Files that wait to be downloaded.", AddOnStatus::waiting);
        level("drover.horde.addons.files", "Files that are kept.", AddOnStatus::files);
        level("drover.horde.addons.bytes", "What the kept files take.", it -> (double) it.bytes());
        counter("drover.horde.addons.downloaded", "Files that have come.").increment(0);
        counter("drover.horde.addons.downloaded.bytes", "Their sizes.").increment(0);
        counter("drover.horde.addons.evictions", "Files that have made room for others.")
                .increment(0);
    }

    void downloaded(long bytes) {
        downloaded++;
        downloadedBytes += bytes;
        counter("drover.horde.addons.downloaded", "Files that have come.").increment();
        counter("drover.horde.addons.downloaded.bytes", "Their sizes.").increment((double) bytes);
    }

    void failed(AddOnProblem problem) {
        String reason = problem.name().toLowerCase(Locale.ROOT);
        failed.merge(reason, 1L, Long::sum);
        meters.counter("drover.horde.addons.failed", tags.and("reason", reason)).increment();
    }

    /** The site has nothing by a name, or does not say. */
    void notFound(AddOnProblem problem) {
        String reason = problem.name().toLowerCase(Locale.ROOT);
        meters.counter("drover.horde.addons.not.found", tags.and("reason", reason))
                .increment();
    }

    void evicted() {
        evicted++;
        counter("drover.horde.addons.evictions", "Files that have made room for others.")
                .increment();
    }

    /** Puts the present figures where they are looked at, and gives them. */
    AddOnStatus present(AddOnShelf shelf, AddOnSettings settings) {
        AddOnStatus status = new AddOnStatus(
                settings.kind().label(),
                shelf.downloading(),
                shelf.waiting(),
                downloaded,
                downloadedBytes,
                failed,
                evicted,
                shelf.kept().size(),
                shelf.keptBytes(),
                settings.cacheBytes());
        latest.set(status);
        return status;
    }

    private void level(String name, String description, ToDoubleFunction<AddOnStatus> value) {
        Gauge.builder(name, latest, it -> value.applyAsDouble(Objects.requireNonNull(it.get())))
                .description(description)
                .tags(tags)
                .register(meters);
    }

    private Counter counter(String name, String description) {
        return Counter.builder(name).description(description).tags(tags).register(meters);
    }
}
