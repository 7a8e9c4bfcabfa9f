package drover.source.addons;

import drover.source.addons.AddOnStore.Lease;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Which files jobs in hand have been given, and until when at the latest. Not safe for use by several threads. */
final class AddOnLeases {
    private final AddOn kind;
    private final Map<Long, Given> given = new HashMap<>();
    private long last;

    private record Given(long version, Instant until) {}

    AddOnLeases(AddOn kind) {
        this.kind = kind;
    }

    Lease give(long version, Instant until) {
        Lease lease = new Lease(kind, ++last);
        given.put(lease.number(), new Given(version, until));
        return lease;
    }

    /** Takes it back; gives the version that it was for, if it had not been taken back before. */
    Optional<Long> end(Lease lease) {
        return Optional.ofNullable(given.remove(lease.number())).map(Given::version);
    }

    /** Takes back what nobody has given back in its time. */
    void expire(Instant now) {
        given.values().removeIf(it -> !it.until().isAfter(now));
    }

    /** The versions that are in use. */
    Set<Long> inUse() {
        Set<Long> versions = new HashSet<>();
        given.values().forEach(it -> versions.add(it.version()));
        return versions;
    }

    /** When the first one ends; {@link Instant#MAX} if there is none. */
    Instant firstEnd() {
        return given.values().stream().map(Given::until).min(Instant::compareTo).orElse(Instant.MAX);
    }
}
