package drover.simulation;

import drover.inference.AssetRef;
import drover.inference.AttemptId;
import drover.inference.InferenceActor;
import drover.inference.Phase;
import drover.inference.Position;
import drover.rules.Rules;
import drover.simulation.Order.Kind;
import drover.simulation.Order.Mishap;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * An inference actor with its runner thread: it goes through the phases of one attempt after another, in the time that
 * the order says, and acts out its mishap. It says what the real one says, in the same order.
 */
final class Runner implements Rules<InferenceActor.Command> {
    private static final String SHA = "0".repeat(64);
    private static final long HEARTBEAT = 700_000_000L;
    private static final long SWING = 300_000_000L;

    private final World world;
    private final GpuProcess process;
    private final InferenceActor.Id id;
    private final ActorRef<InferenceActor.Event> events;
    private @Nullable Place<InferenceActor.Command> place;
    private @Nullable Work current;
    private boolean abandoned;

    Runner(World world, GpuProcess process, InferenceActor.Id id, ActorRef<InferenceActor.Event> events) {
        this.world = world;
        this.process = process;
        this.id = id;
        this.events = events;
    }

    /** Where it lives; it is ready for work at once. */
    void begin(Place<InferenceActor.Command> here) {
        place = here;
        world.later(
                here,
                world.now(),
                () -> say(new InferenceActor.Idle(id, process.engine().resident())));
    }

    @Override
    public boolean hear(InferenceActor.Command command) {
        switch (command) {
            case InferenceActor.Run it -> onRun(it);
            case InferenceActor.Cancel it -> {
                Work work = current;
                if (work != null && work.attempt.equals(it.attempt())) {
                    work.cancel();
                }
            }
            case InferenceActor.Stop _ -> {
                abandoned = true;
                return false;
            }
            default -> {}
        }
        return true;
    }

    private void onRun(InferenceActor.Run it) {
        if (current != null) {
            say(new InferenceActor.Ended(
                    id, it.attempt(), "drover:slot.busy", "the slot still runs", true, false, false));
            return;
        }
        Work work = new Work(it.attempt());
        current = work;
        work.at(work.loads ? 0 : 1);
    }

    private void say(InferenceActor.Event event) {
        if (!abandoned) {
            events.tell(event);
        }
    }

    /** One attempt on the runner's thread. */
    private final class Work {
        private final AttemptId attempt;
        private final Order order;
        private final Truth truth;
        private final SplittableRandom random;
        private final Optional<Mishap> mishap;
        private final boolean loads;
        private boolean cancelled;
        private boolean stuck;
        private boolean late;

        private Work(AttemptId attempt) {
            this.attempt = attempt;
            this.order = world.books().order(attempt.job());
            this.random = Dice.of(order.seed(), 5, attempt.number());
            this.mishap = order.mishap().filter(m -> attempt.number() <= m.attempts());
            this.loads = !process.engine().resident().contains(order.model());
            this.truth = world.books().runs(attempt, process);
        }

        /** The i-th position of the attempt, the first one being the load if there is one; null after the last. */
        private @Nullable Position position(int i) {
            int n = order.steps();
            if (i == 0) {
                return Position.entering(Phase.LOADING, 1);
            }
            if (i == 1) {
                return Position.entering(Phase.ENCODING, 1);
            }
            if (i <= n + 2) {
                return new Position(Phase.DENOISING, i - 2, n);
            }
            return switch (i - n) {
                case 3 -> Position.entering(Phase.DECODING, 1);
                case 4 -> Position.entering(Phase.UPLOADING, 1);
                case 5 -> new Position(Phase.UPLOADING, 1, 1);
                default -> null;
            };
        }

        private void at(int i) {
            if (cancelled && !late) {
                end("drover:engine.cancelled", true, true, false);
                return;
            }
            Position position = position(i);
            if (position == null) {
                finish();
                return;
            }
            say(new InferenceActor.Advanced(id, attempt, position));
            truth.advanced(world.now(), position);
            if (position.phase() == Phase.ENCODING) {
                process.engine().load(order.model());
            }
            if (order.heartbeats()) {
                say(new InferenceActor.Heartbeat(id, attempt));
            }
            if (mishap.isPresent()
                    && mishap.get().phase() == position.phase()
                    && mishap.get().step() == position.step()
                    && !late) {
                actOut(mishap.get(), i);
            } else {
                later(pause(position), () -> at(i + 1));
            }
        }

        /**
         * Between two steps of a healthy attempt: within a tenth and ten times of what is typical, and within its
         * limit.
         */
        private long pause(Position position) {
            long typical = switch (position.phase()) {
                case LOADING -> order.step() * 4;
                case UPLOADING -> position.step() == 1 ? 0 : order.step() / 8;
                default -> order.step();
            };
            if (typical == 0) {
                return 0;
            }
            long limit = process.limit(position.phase()) - 700_000_000L;
            return Math.min(limit, Dice.spread(random, typical / 10 + 1, typical * 3));
        }

        private void actOut(Mishap it, int i) {
            world.note(() -> attempt + " on " + process + ": " + it.kind());
            switch (it.kind()) {
                case HANG, WAIT -> stick(it.kind() == Kind.WAIT ? it.length() : -1);
                case SWING -> {
                    stick(-1);
                    swing(i);
                }
                case LATE -> {
                    long gap = process.limit(truth.position().phase()) + it.length();
                    truth.sticks();
                    later(gap, () -> {
                        late = true;
                        at(i + 1);
                    });
                }
                case FAIL -> end("drover:engine.failed", true, false, false);
                case REFUSE -> end("drover:engine.refused", false, false, false);
                case BREAK -> end("drover:engine.out-of-memory", true, false, true);
                case CRASH -> {
                    truth.fails();
                    process.end(random.nextBoolean() ? 139 : 3);
                }
            }
        }

        private void stick(long untilCancelled) {
            stuck = true;
            truth.sticks();
            comeBack = untilCancelled;
            if (order.heartbeats()) {
                beat();
            }
        }

        /** How long after a cancellation the thread comes back; negative for never. */
        private long comeBack = -1;

        private void beat() {
            later(HEARTBEAT, () -> {
                if (stuck) {
                    say(new InferenceActor.Heartbeat(id, attempt));
                    beat();
                }
            });
        }

        private void swing(int i) {
            later(SWING, () -> {
                Position before = position(Math.max(0, i - random.nextInt(3)));
                if (stuck && before != null) {
                    say(new InferenceActor.Advanced(id, attempt, before));
                    swing(i);
                }
            });
        }

        private void cancel() {
            truth.cancelled();
            if (!cancelled && stuck && comeBack >= 0) {
                later(comeBack, () -> end("drover:engine.cancelled", true, true, false));
            }
            cancelled = true;
        }

        private void finish() {
            AssetRef asset = new AssetRef(attempt + "/0.png", "image/png", 1, SHA, 1);
            process.store(asset);
            truth.produces(world.now());
            over();
            say(new InferenceActor.Produced(id, attempt, List.of(asset)));
            back();
        }

        private void end(String code, boolean retryable, boolean wasCancelled, boolean unusable) {
            if (!wasCancelled) {
                truth.fails();
            }
            over();
            say(new InferenceActor.Ended(id, attempt, code, "as planned", retryable, wasCancelled, unusable));
            back();
        }

        private void over() {
            stuck = false;
            truth.over();
            current = null;
        }

        private void back() {
            say(new InferenceActor.RunnerReturned(id, attempt));
            say(new InferenceActor.Idle(id, process.engine().resident()));
        }

        private void later(long after, Runnable what) {
            Place<InferenceActor.Command> here = place;
            if (here != null) {
                world.later(here, world.now() + after, what);
            }
        }
    }
}
