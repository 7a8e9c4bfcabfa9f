package drover.simulation;

import drover.board.BoardSettings;
import drover.board.JobBoard;
import drover.delivery.Delivery;
import drover.feed.JobFeed;
import drover.job.Job;
import drover.ledger.JobLedger;
import drover.ledger.LedgerSettings;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** The terms of the dispatch, one after another: the process that has ledger, delivery and board, and how it moves. */
final class DispatchTerms {
    /** As in production. */
    private static final Duration CLAIM_WINDOW = Duration.ofSeconds(3);

    private static final LedgerSettings LEDGER = LedgerSettings.at("jdbc:h2:mem:simulated");

    private final World world;
    private final Disk disk;
    private final Store store;
    private final Consumer<Place<JobBoard.Command>> opened;
    private final Wire wire = new Wire();
    private @Nullable Term present;
    /** The latest board that keepers may speak to. */
    private @Nullable Place<JobBoard.Command> open;

    private boolean moving;

    /** One of them. */
    record Term(
            HostProcess process,
            Disk.Session session,
            Place<JobLedger.Command> ledger,
            Place<JobBoard.Command> board) {}

    /**
     * None yet.
     *
     * @param opened hears of each board that keepers of other hosts may speak to
     */
    DispatchTerms(World world, Disk disk, Store store, Consumer<Place<JobBoard.Command>> opened) {
        this.world = world;
        this.disk = disk;
        this.store = store;
        this.opened = opened;
    }

    /** Whether the dispatch moves between hosts. */
    boolean isShared() {
        return world.plan().shape().shared();
    }

    /** The way to and from whoever is in office. */
    Wire wire() {
        return wire;
    }

    /** Who is in office, or was last. */
    Term present() {
        return Objects.requireNonNull(present);
    }

    /** The present board, if keepers of other hosts may speak to it already. */
    Optional<Place<JobBoard.Command>> open() {
        return Optional.of(present().board()).filter(board -> Objects.equals(board, open));
    }

    /** Starts a process that builds ledger, delivery and board over what is on disk. */
    HostProcess begin(String name, int dice, int life) {
        HostProcess process = HostProcess.control(world, name, dice, life, wire);
        present = build(process);
        return process;
    }

    private Term build(HostProcess process) {
        Books books = world.books();
        books.boardBegins(process);
        Disk.Session session = disk.open(process);
        Place<JobLedger.Command> ledger = world.start(
                process,
                "ledger",
                around -> new JobLedger(around, session, LEDGER, new CompositeMeterRegistry(), world::now));
        ActorRef<JobFeed.Command> feed = new Address<>(world.nextNumber()) {
            @Override
            public void tell(JobFeed.Command word) {
                books.followed(word, process);
            }
        };
        Place<Delivery.Command> delivery =
                world.start(process, "delivery", around -> new Delivery(around, store, ledger, feed, world::wall));
        BoardSettings rules = BoardSettings.DEFAULT.withClaimWindow(isShared() ? CLAIM_WINDOW : Duration.ZERO);
        Place<JobBoard.Command> board = world.start(
                process,
                "board",
                around -> world.cast()
                        .board(around, new JobBoard.Links(ledger, feed, delivery, world.sink()), rules, world::wall));
        if (isShared()) {
            // When the ledger answers, it has told the board of every job; not before may keepers speak to it.
            ledger.tell(new JobLedger.Query(Optional.empty(), Optional.empty(), 1, new Address<>(world.nextNumber()) {
                @Override
                public void tell(JobLedger.ReadReply<List<Job>> reply) {
                    open = board;
                    opened.accept(board);
                }
            }));
        }
        return new Term(process, session, ledger, board);
    }

    /** The dispatch goes to another process; nothing happens if it is on its way already. */
    void move(Trouble.MoveDispatch t) {
        Term old = present();
        if (!isShared() || moving) {
            return;
        }
        moving = true;
        switch (t.how()) {
            case CLOSED ->
                old.ledger().tell(new JobLedger.Close(new Address<>(world.nextNumber()) {
                    @Override
                    public void tell(Done done) {
                        old.process().die();
                        succeed(old, t.downFor());
                    }
                }));
            case KILLED -> {
                old.process().die();
                old.session().cut();
                succeed(old, t.downFor());
            }
            case STOPPED -> {
                old.process().stop();
                succeed(old, t.downFor());
                world.timeline().at(world.now() + t.downFor() * 2, old.process()::resume);
            }
        }
    }

    private void succeed(Term old, long downFor) {
        world.books().boardEnds();
        world.timeline().at(world.now() + downFor, () -> {
            old.session().overtake();
            moving = false;
            begin("dispatch", 16, world.books().term());
        });
    }
}
