package drover.source.loras;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * What a store goes on with when its actor has failed and begins anew: jobs still use what they were given, downloads go
 * on, and the operator's settings hold. For one actor at a time.
 */
final class LoraMemory {
    private final LoraLeases leases;
    private final Map<Long, LoraVersion> fetching = new HashMap<>();
    private LoraSettings settings;
    private CompletableFuture<?> onDisk = CompletableFuture.completedFuture(null);

    /** Nothing has happened. */
    LoraMemory(LoraSettings settings) {
        this.settings = settings;
        this.leases = new LoraLeases(settings.kind());
    }

    /** The settings in force. */
    LoraSettings settings() {
        return settings;
    }

    void use(LoraSettings next) {
        settings = next;
    }

    /** Which files jobs in hand have been given. */
    LoraLeases leases() {
        return leases;
    }

    /** A download has begun. */
    void begun(LoraVersion version) {
        fetching.put(version.version(), version);
    }

    /** It has come to its end. */
    void ended(LoraVersion version) {
        fetching.remove(version.version());
    }

    /** Downloads that have begun and not ended. */
    Collection<LoraVersion> fetching() {
        return List.copyOf(fetching.values());
    }

    /** Their versions. */
    Set<Long> fetchingVersions() {
        return Set.copyOf(fetching.keySet());
    }

    /** Something is done in the folder. */
    void working(CompletableFuture<?> work) {
        onDisk = CompletableFuture.allOf(onDisk, work);
    }

    /** Completes when all that was begun in the folder is done, well or not. */
    CompletableFuture<?> quiet() {
        return onDisk.handle((_, _) -> true);
    }
}
