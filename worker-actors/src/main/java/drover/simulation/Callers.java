package drover.simulation;

import drover.board.JobBoard;
import drover.board.JobBoard.CancelReply;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.inference.Sampler;
import drover.job.Job;
import drover.job.JobEvent;
import drover.job.JobState;
import drover.ledger.JobLedger;
import drover.ledger.JobLedger.AcceptReply;
import drover.ledger.JobLedger.ReadReply;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Everybody who orders something. Each order has an idempotency key and is sent again, as a new job, until it is answered;
 * then its caller polls it to its end, and may withdraw it. What the AI Horde hands out goes the same way.
 */
final class Callers {
    private static final int WIDTH = 64;
    private static final long NANOS_PER_ROW = 64_000;
    private static final long PATIENCE = 2_000_000_000L;
    private static final long FIRST_POLL = 1_000_000_000L;
    private static final long LAST_POLL = 32_000_000_000L;

    private final World world;
    private final Machine machine;
    private final Horde horde;
    private final Place<Runnable> place;
    private int open;

    Callers(World world, Machine machine) {
        this.world = world;
        this.machine = machine;
        this.horde = new Horde(world);
        HostProcess process = new HostProcess(
                world.timeline(), "callers", Dice.of(world.plan().seed(), 8), machine.callers(), false);
        this.place = world.start(process, "callers", _ -> task -> {
            task.run();
            return true;
        });
        for (Order order : world.plan().orders()) {
            open++;
            Call call = new Call(order);
            world.later(place, order.at(), call::begin);
        }
    }

    /** How many orders have neither come to their end nor been given up. */
    int open() {
        return open;
    }

    /** The run is over. */
    void close() {
        horde.close();
    }

    /** One order and what its caller knows of it. */
    private final class Call {
        private final Order order;
        private final ImageRequest request;
        private int sent;
        private int lost;
        private long pause = FIRST_POLL;
        private Instant deadline = Instant.MAX;

        private @Nullable JobId accepted;

        private Call(Order order) {
            this.order = order;
            // What takes longer is larger: on one node, work of one kind takes about the same time.
            int height = (int) Math.max(1, order.step() / NANOS_PER_ROW);
            this.request = new ImageRequest(
                    order.model(), "x", "", WIDTH, height, order.steps(), Sampler.EULER, 1, 1, 1, 1, Optional.empty());
        }

        private void begin() {
            if (order.horde() && !horde.pop(order)) {
                open--;
                return;
            }
            deadline = world.wall().plus(order.useful());
            send();
        }

        private void send() {
            if (accepted != null) {
                return;
            }
            sent++;
            JobId id = new JobId("j" + order.index() + (sent == 1 ? "" : "-" + sent));
            world.books().sends(id, order);
            Instant now = world.wall().truncatedTo(ChronoUnit.MICROS);
            JobEvent.Accepted event = new JobEvent.Accepted(id, now, request, order.priority(), deadline);
            machine.ledger()
                    .tell(new JobLedger.Accept(
                            event,
                            Optional.of(new JobLedger.IdempotencyKey("order-" + order.index(), "same")),
                            place.adapter(AcceptReply.class, reply -> () -> onReply(reply))));
            int attempt = sent;
            after(PATIENCE, () -> {
                if (sent == attempt) {
                    send();
                }
            });
        }

        private void onReply(AcceptReply reply) {
            if (accepted != null) {
                return;
            }
            switch (reply) {
                case AcceptReply.Accepted(Job job) -> onAccepted(job);
                case AcceptReply.Repeated(Job job) -> onAccepted(job);
                case AcceptReply.KeyConflict(JobId job) ->
                    throw new Violation("one key, one job", "order " + order.index() + " is said to be " + job);
                case AcceptReply.TooMany it -> again(it.retryAfter());
                case AcceptReply.Unavailable it -> again(it.retryAfter());
            }
        }

        private void again(Duration pause) {
            sent++; // The patience of the last try is over.
            int now = sent;
            after(pause.toNanos(), () -> {
                if (sent == now) {
                    send();
                }
            });
        }

        private void onAccepted(Job job) {
            if (lost < order.answersLost()) {
                lost++;
                return;
            }
            accepted = job.id();
            world.books().tells(order, job.id(), machine.disk());
            if (order.cancelAfter() >= 0) {
                after(
                        order.cancelAfter(),
                        () -> machine.board()
                                .tell(new JobBoard.CancelJob(
                                        job.id(),
                                        place.adapter(CancelReply.class, reply -> () -> onCancelled(reply)))));
            }
            after(FIRST_POLL, () -> poll(job.id()));
        }

        private void onCancelled(CancelReply reply) {
            if (reply instanceof CancelReply.Cancelled(Job job)
                    && machine.disk()
                            .find(job.id())
                            .map(Job::state)
                            .filter(JobState.CANCELLED::equals)
                            .isEmpty()) {
                throw new Violation("cancelled means on disk", job.id() + " is not");
            }
        }

        private void poll(JobId job) {
            boolean[] answered = new boolean[1];
            machine.ledger().tell(new JobLedger.Find(job, Callers.<ReadReply<Optional<Job>>>adapter(place, reply -> {
                if (!answered[0]) {
                    answered[0] = true;
                    onFound(job, reply);
                }
            })));
            after(PATIENCE, () -> {
                if (!answered[0]) {
                    answered[0] = true;
                    poll(job);
                }
            });
        }

        private void onFound(JobId id, ReadReply<Optional<Job>> reply) {
            switch (reply) {
                case ReadReply.Found<Optional<Job>>(Optional<Job> found) -> {
                    if (found.isEmpty()) {
                        throw new Violation("what is accepted stays accepted", id + " is not known any more");
                    }
                    if (found.get().state().isTerminal()) {
                        onEnd(found.get());
                    } else {
                        pollLater(id);
                    }
                }
                case ReadReply.Unavailable<Optional<Job>> _ -> pollLater(id);
            }
        }

        private void pollLater(JobId id) {
            pause = Math.min(pause * 2, LAST_POLL);
            after(pause, () -> poll(id));
        }

        private void onEnd(Job job) {
            open--;
            if (order.horde()) {
                horde.submit(order, job);
            }
        }

        private void after(long nanos, Runnable what) {
            world.later(place, world.now() + nanos, what);
        }
    }

    private static <U> Address<U> adapter(Place<Runnable> place, Consumer<U> onReply) {
        return new Address<>(place.freshNumber()) {
            @Override
            public void tell(U reply) {
                place.tell(() -> onReply.accept(reply));
            }
        };
    }
}
