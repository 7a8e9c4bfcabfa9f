package drover.node;

import drover.inference.AttemptId;
import drover.inference.InferenceActor;
import drover.inference.Position;
import drover.job.AttemptTimings;
import drover.watchdog.Stall;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorRef;

/** The inference actors of a node and what each is doing. Owned by the node's guardian; not thread-safe. */
final class NodeSlots {
    /** How soon one word of an attempt's progress may follow the last; no caller can see more than 50 in a second. */
    static final Duration TELL_PAUSE = Duration.ofMillis(20);

    /** How soon one preview of an attempt may follow the last; what comes between is dropped. */
    static final Duration PREVIEW_PAUSE = Duration.ofMillis(100);

    private final Map<Integer, Slot> slots = new TreeMap<>();
    private int incarnations;

    /** Makes an inference actor. */
    @FunctionalInterface
    interface Spawner {
        ActorRef<InferenceActor.Command> spawn(int slot, int incarnation);
    }

    /** One inference actor. */
    static final class Slot {
        private final int index;
        private int incarnation;
        private ActorRef<InferenceActor.Command> actor;
        private Optional<AttemptId> attempt = Optional.empty();
        private Optional<Stall> stall = Optional.empty();
        private Optional<AttemptTimer> timer = Optional.empty();
        private OptionalLong toldAt = OptionalLong.empty();
        private OptionalLong shownAt = OptionalLong.empty();
        private Optional<Position> untold = Optional.empty();
        private boolean idle;
        private boolean closing;
        private boolean handedBack;
        private boolean renewable;

        private Slot(int index, int incarnation, ActorRef<InferenceActor.Command> actor) {
            this.index = index;
            this.incarnation = incarnation;
            this.actor = actor;
        }

        int index() {
            return index;
        }

        ActorRef<InferenceActor.Command> actor() {
            return actor;
        }

        Optional<AttemptId> attempt() {
            return attempt;
        }

        /** What the watchdog said when it had the attempt cancelled. */
        Optional<Stall> stall() {
            return stall;
        }

        boolean runs(AttemptId which) {
            return attempt.filter(which::equals).isPresent();
        }

        boolean isOpenForWork() {
            return idle && !closing && attempt.isEmpty();
        }

        boolean isClosing() {
            return closing;
        }

        /** Whether the attempt was given back while it still ran. */
        boolean isHandedBack() {
            return handedBack;
        }

        /** Whether it is to get a fresh actor when its present one has nothing left to do. */
        boolean isRenewable() {
            return renewable;
        }

        void markRenewable() {
            renewable = true;
        }

        void begin(AttemptId which, long nanos) {
            attempt = Optional.of(which);
            timer = Optional.of(new AttemptTimer(nanos));
            toldAt = OptionalLong.empty();
            shownAt = OptionalLong.empty();
            untold = Optional.empty();
            idle = false;
        }

        void advanced(Position position, long nanos) {
            timer.ifPresent(t -> t.advanced(position, nanos));
        }

        /**
         * Whether to tell the keeper of this position now. The first one of an attempt is told at once; after that, what
         * comes within {@link #TELL_PAUSE} of the last word is kept, and only the furthest of it: engines may advance a
         * thousand times a second, and each word is a message to another process that passes through four actors there.
         */
        boolean isTold(Position position, long nanos) {
            if (toldAt.isPresent() && nanos - toldAt.getAsLong() < TELL_PAUSE.toNanos()) {
                untold = Optional.of(untold.filter(u -> !position.isBeyond(u)).orElse(position));
                return false;
            }
            toldAt = OptionalLong.of(nanos);
            untold = Optional.empty();
            return true;
        }

        /** Whether a preview that comes now is passed on. */
        boolean isShown(long nanos) {
            if (shownAt.isPresent() && nanos - shownAt.getAsLong() < PREVIEW_PAUSE.toNanos()) {
                return false;
            }
            shownAt = OptionalLong.of(nanos);
            return true;
        }

        /** The position that has been kept, if any; it counts as told. */
        Optional<Position> takeUntold(long nanos) {
            Optional<Position> taken = untold;
            if (taken.isPresent()) {
                toldAt = OptionalLong.of(nanos);
                untold = Optional.empty();
            }
            return taken;
        }

        /** How long the present attempt has spent in each phase until now. */
        AttemptTimings timings(long nanos) {
            return timer.map(t -> t.timings(nanos)).orElse(AttemptTimings.NONE);
        }

        void stalled(Stall what) {
            stall = Optional.of(what);
        }

        void handBack() {
            handedBack = true;
        }

        void end() {
            attempt = Optional.empty();
            stall = Optional.empty();
            timer = Optional.empty();
            untold = Optional.empty();
            handedBack = false;
        }

        void idle() {
            idle = true;
        }
    }

    /** Starts and ends actors until there are this many; returns those that were idle and are closed now. */
    List<Slot> resize(int wanted, Spawner spawner) {
        for (int i = 0; i < wanted; i++) {
            Slot known = slots.get(i);
            if (known == null) {
                int incarnation = ++incarnations;
                slots.put(i, new Slot(i, incarnation, spawner.spawn(i, incarnation)));
            } else {
                known.closing = false;
            }
        }
        List<Slot> closed = new ArrayList<>();
        for (Slot slot : List.copyOf(slots.values())) {
            if (slot.index >= wanted) {
                slot.closing = true;
                if (slot.idle && slot.attempt.isEmpty()) {
                    close(slot);
                    closed.add(slot);
                }
            }
        }
        return closed;
    }

    /** Takes out every actor that runs nothing. */
    List<Slot> closeIdle() {
        List<Slot> closed =
                slots.values().stream().filter(slot -> slot.attempt.isEmpty()).toList();
        closed.forEach(this::close);
        return closed;
    }

    void close(Slot slot) {
        slots.remove(slot.index);
    }

    /** Puts a fresh actor in the place of the slot's present one. */
    void renew(Slot slot, Spawner spawner) {
        slot.end();
        slot.idle = false;
        slot.renewable = false;
        slot.incarnation = ++incarnations;
        slot.actor = spawner.spawn(slot.index, slot.incarnation);
    }

    Optional<Slot> find(int index) {
        return Optional.ofNullable(slots.get(index));
    }

    /** The slot of this actor; empty if the actor has been replaced or closed. */
    Optional<Slot> find(InferenceActor.Id id) {
        return find(id.slot()).filter(slot -> slot.incarnation == id.incarnation());
    }

    Optional<Slot> running(AttemptId attempt) {
        return slots.values().stream().filter(slot -> slot.runs(attempt)).findFirst();
    }

    List<Slot> running() {
        return slots.values().stream().filter(slot -> slot.attempt.isPresent()).toList();
    }

    List<Slot> idling() {
        return slots.values().stream().filter(Slot::isOpenForWork).toList();
    }

    boolean isEmpty() {
        return slots.isEmpty();
    }
}
