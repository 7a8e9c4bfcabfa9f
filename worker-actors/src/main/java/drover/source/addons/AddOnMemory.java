package drover.source.addons;

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
final class AddOnMemory {
    private final AddOnLeases leases;
    private final Map<Long, AddOnVersion> fetching = new HashMap<>();
    private AddOnSettings settings;
    private CompletableFuture<?> onDisk = CompletableFuture.completedFuture(null);

    /** Nothing has happened. */
    AddOnMemory(AddOnSettings settings) {
        this.settings = settings;
        this.leases = new AddOnLeases(settings.kind());
    }

    /** The settings in force. */
    AddOnSettings settings() {
        return settings;
    }

    void use(AddOnSettings next) {
        settings = next;
    }

    /** Which files jobs in hand have been given. */
    AddOnLeases leases() {
        return leases;
    }

    /** A download has begun. */
    void begun(AddOnVersion version) {
        fetching.put(version.version(), version);
    }

    /** It has come to its end. */
    void ended(AddOnVersion version) {
        fetching.remove(version.version());
    }

    /** Downloads that have begun and not ended. */
    Collection<AddOnVersion> fetching() {
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
