package drover.simulation;

import drover.board.JobBoard;
import drover.ledger.JobLedger;
import drover.node.Node;
import drover.node.NodeKeeper;
import drover.rules.Rules;
import drover.rules.Surroundings;
import drover.simulation.Timeline.Happening;
import java.time.Instant;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * What all parts of a run share: the time, the ways between them, the books.
 *
 * <p>What is guaranteed about messages, and therefore what is not: inside a process a word is in its receiver's mailbox
 * once it is said, so words keep the order in which they are said, whoever says them (Pekko's causal order of local
 * sends); only when they are heard is open, as a dispatcher may be busy. Between processes one sender's words to one
 * receiver keep their order, as Artery's TCP stream does, and no more: each pair's words take a time of their own, so
 * what two parts tell a third one comes in any order. Artery delivers at most once: a word is lost when its connection
 * breaks. Connections of one host do not break while both ends live: what the protocol says only once there (a {@code
 * Run}, a {@code Resize}) is lost only together with an end; what it repeats until it is answered may be lost here at any
 * time, and comes twice. Between the control processes of several hosts anything may be lost. What is said over HTTP,
 * to and from callers, may always be lost.
 */
final class World {
    /** Monday, 5 January 2026: when every run begins. */
    private static final Instant BEGINNING = Instant.ofEpochSecond(1_767_571_200L);

    private final Timeline timeline = new Timeline();
    private final Plan plan;
    private final Cast cast;
    private final Books books;
    private final @Nullable Consumer<String> trace;
    private @Nullable Violation violation;
    private long clockOffset;
    private int numbers;
    private @Nullable Place<?> current;

    World(Plan plan, Cast cast, @Nullable Consumer<String> trace) {
        this.plan = plan;
        this.cast = cast;
        this.trace = trace;
        this.books = new Books(this);
    }

    Plan plan() {
        return plan;
    }

    Cast cast() {
        return cast;
    }

    Books books() {
        return books;
    }

    Timeline timeline() {
        return timeline;
    }

    /** Monotonic nanoseconds. */
    long now() {
        return timeline.now();
    }

    /** The wall clock. */
    Instant wall() {
        return BEGINNING.plusNanos(timeline.now() + clockOffset);
    }

    /** Sets the wall clock. */
    void setClock(long by) {
        clockOffset += by;
    }

    /** Remembers the first violation, in case somebody catches it who does not know what it is. */
    Violation broken(Violation what) {
        if (violation == null) {
            violation = what;
        }
        return what;
    }

    /** What has been broken so far. */
    @Nullable Violation violation() {
        return violation;
    }

    int nextNumber() {
        return ++numbers;
    }

    /** Where nobody listens. */
    <M> ActorRef<M> sink() {
        return new Address<>(nextNumber()) {
            @Override
            public void tell(M message) {}
        };
    }

    /** Writes a line into the trace, if one is kept. */
    void note(Supplier<String> line) {
        if (trace != null) {
            long micros = now() / 1000;
            trace.accept("%4d.%06d  %s".formatted(micros / 1_000_000, micros % 1_000_000, line.get()));
        }
    }

    /** Starts rules in a process. */
    <M> Place<M> start(HostProcess process, String name, Function<Surroundings<M>, Rules<M>> make) {
        Place<M> place = new Place<>(this, process, name);
        Place<?> before = enter(place);
        try {
            place.live(make.apply(place));
        } finally {
            leave(before);
        }
        return place;
    }

    /** Somebody acts now; gives who did before. */
    @Nullable Place<?> enter(Place<?> actor) {
        Place<?> before = current;
        current = actor;
        return before;
    }

    void leave(@Nullable Place<?> before) {
        current = before;
    }

    /** Does something in the name of a part, at a time, if its process can. */
    void later(Place<?> actor, long time, Runnable what) {
        actor.process().at(time, () -> {
            Place<?> before = enter(actor);
            try {
                what.run();
            } finally {
                leave(before);
            }
        });
    }

    /** How long a thread takes to come to a small task. */
    long shortWhile(HostProcess process) {
        return Dice.spread(process.random(), 20_000L, 5_000_000L);
    }

    /** Sends a message on its way. */
    <M> void send(Place<M> to, M message) {
        Place<?> from = current;
        if (from == null) {
            deliver(to, message, to.inbox(now()));
            return;
        }
        HostProcess sender = from.process();
        HostProcess receiver = to.process();
        SplittableRandom random = sender.random();
        if (sender == receiver) {
            // Mostly at once; now and then a busy dispatcher takes some milliseconds.
            long wait = (random.nextInt() & 31) == 0 ? random.nextLong(3_000_000L) : 0;
            deliver(to, message, to.inbox(now() + wait));
            return;
        }
        Wire wire = sender.wire().isBad(now()) ? sender.wire() : receiver.wire();
        boolean bad = wire.isBad(now());
        boolean mayBeLost = isSaidAgain(message) || (sender.isControl() && receiver.isControl());
        if (bad && mayBeLost && Dice.chance(random, wire.loss())) {
            note(() -> "lost: " + (message instanceof Runnable ? "an answer" : message) + " to " + to);
            return;
        }
        long way = Dice.spread(random, 100_000L, 2_000_000L) + (bad ? random.nextLong(wire.delay() + 1) : 0);
        long arrival = from.inOrder(to, now() + way);
        arrive(to, message, arrival);
        if (bad && isSaidAgain(message) && Dice.chance(random, wire.loss())) {
            arrive(to, message, arrival);
        }
    }

    /** Whether the protocol repeats it, or its sender, until it is answered. */
    private static boolean isSaidAgain(Object message) {
        return switch (message) {
            case NodeKeeper.Hello _,
                    NodeKeeper.SlotIdle _,
                    NodeKeeper.Produced _,
                    NodeKeeper.AttemptEnded _,
                    NodeKeeper.ReplaceMe _,
                    NodeKeeper.Alive _,
                    NodeKeeper.Heartbeat _,
                    Node.Recorded _,
                    Node.StillHere _ -> true;
            // What callers say and hear over HTTP.
            case JobLedger.Accept _, JobLedger.Find _, JobBoard.CancelJob _, Runnable _ -> true;
            default -> false;
        };
    }

    /** Comes from another process: into the mailbox, behind what is there. */
    private <M> void arrive(Place<M> to, M message, long arrival) {
        timeline.at(arrival, new Happening() {
            @Override
            void happen() {
                long turn = to.inbox(now());
                if (turn > now()) {
                    deliver(to, message, turn);
                } else if (to.process().runs(this)) {
                    to.hear(message);
                }
            }
        });
    }

    private <M> void deliver(Place<M> to, M message, long arrival) {
        timeline.at(arrival, new Happening() {
            @Override
            void happen() {
                if (to.process().runs(this)) {
                    to.hear(message);
                }
            }
        });
    }
}
