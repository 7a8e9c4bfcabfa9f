package drover.node;

import java.util.Optional;
import java.util.function.Supplier;

/**
 * Which of a node's processes is which: the one that serves, and the one that stands by to take over. Either may be
 * missing, and one that has to go is neither. Owned by the keeper; not thread-safe.
 */
final class Seats {
    private Optional<Child> serving = Optional.empty();
    private Optional<Child> standby = Optional.empty();

    Optional<Child> serving() {
        return serving;
    }

    Optional<Child> standby() {
        return standby;
    }

    boolean isServing(Child child) {
        return serving.filter(child::equals).isPresent();
    }

    boolean isStandby(Child child) {
        return standby.filter(child::equals).isPresent();
    }

    /** The standby serves from now on; if there is none, a process that is only being started does. */
    void promote(Supplier<Child> launch) {
        serving = Optional.of(standby.orElseGet(launch));
        standby = Optional.empty();
    }

    void standBy(Child child) {
        standby = Optional.of(child);
    }

    void vacateServing() {
        serving = Optional.empty();
    }

    void vacateStandby() {
        standby = Optional.empty();
    }
}
