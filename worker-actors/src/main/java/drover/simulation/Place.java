package drover.simulation;

import drover.ledger.TakenOverException;
import drover.rules.Rules;
import drover.rules.Surroundings;
import drover.simulation.Timeline.Happening;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.helpers.NOPLogger;

/**
 * Where rules live in a simulated process, in an actor's stead: their mailbox, their timers, their address.
 *
 * @param <M> what the rules hear
 */
final class Place<M> extends Address<M> implements Surroundings<M>, TimerScheduler<M> {
    /** How long it takes until another host counts as gone. */
    private static final long NOTICED_AFTER = 3_000_000_000L;

    private static final long NOTICED_BY = 8_000_000_000L;

    private final World world;
    private final HostProcess process;
    private final String name;
    private final Map<Object, Alarm> alarms = new HashMap<>();
    /** For each receiver in another process, when the last word to it arrives: a later word never arrives earlier. */
    private final Map<Place<?>, long[]> lines = new HashMap<>();

    private @Nullable Rules<M> rules;
    private long heardUntil;
    private boolean over;

    Place(World world, HostProcess process, String name) {
        super(world.nextNumber());
        this.world = world;
        this.process = process;
        this.name = name;
    }

    /** Who lives here from now on. */
    void live(Rules<M> inhabitant) {
        rules = inhabitant;
    }

    HostProcess process() {
        return process;
    }

    @Override
    HostProcess home() {
        return process;
    }

    /** The number of one more address. */
    int freshNumber() {
        return world.nextNumber();
    }

    /** When a word that is put into the mailbox to be heard at this time is heard: behind those that are in it. */
    long inbox(long time) {
        heardUntil = Math.max(heardUntil, time);
        return heardUntil;
    }

    /** When a word to this receiver may arrive at the earliest; remembered. */
    long inOrder(Place<?> receiver, long arrival) {
        long[] last = lines.computeIfAbsent(receiver, _ -> new long[1]);
        last[0] = Math.max(last[0], arrival);
        return last[0];
    }

    void hear(M message) {
        Rules<M> inhabitant = rules;
        if (over || inhabitant == null) {
            return;
        }
        Place<?> before = world.enter(this);
        try {
            if (!inhabitant.hear(message)) {
                over = true;
                inhabitant.stopped();
            }
        } catch (TakenOverException e) {
            world.note(() -> process.name() + " is not in office any more and ends");
            process.die();
        } finally {
            world.leave(before);
        }
    }

    @Override
    public void tell(M message) {
        world.send(this, message);
    }

    @Override
    public ActorRef<M> self() {
        return this;
    }

    @Override
    public String address() {
        return name;
    }

    @Override
    public TimerScheduler<M> timers() {
        return this;
    }

    @Override
    public Logger log() {
        return NOPLogger.NOP_LOGGER;
    }

    @Override
    public <U> ActorRef<U> adapter(Class<U> type, Function<U, M> wrap) {
        return new Address<>(world.nextNumber()) {
            @Override
            public void tell(U message) {
                world.books().overheard(message);
                Place.this.tell(wrap.apply(message));
            }

            @Override
            HostProcess home() {
                return process;
            }

            @Override
            public String toString() {
                return name;
            }
        };
    }

    @Override
    public <V> void pipe(CompletionStage<V> work, BiFunction<? super V, ? super @Nullable Throwable, M> wrap) {
        work.whenComplete((value, failure) -> tell(wrap.apply(value, failure)));
    }

    @Override
    public Executor blocking() {
        return task -> process.at(world.now() + world.shortWhile(process), task);
    }

    @Override
    public void publish(Object event) {
        world.books().published(event, process);
    }

    @Override
    public void watch(ActorRef<?> other, M whenGone) {
        HostProcess there = other instanceof Address<?> address ? address.home() : null;
        if (there == null || there == process) {
            return; // Parts of a process end with it, and so does whoever would be told.
        }
        there.whenDead(() -> process.at(
                world.now() + Dice.between(process.random(), NOTICED_AFTER, NOTICED_BY), () -> tell(whenGone)));
    }

    @Override
    public void unwatch(ActorRef<?> other) {}

    @Override
    public String toString() {
        return name;
    }

    // ---- timers

    private final class Alarm extends Happening {
        private final Object key;
        private final M message;
        private final long period;
        private boolean off;

        private Alarm(Object key, M message, long period) {
            this.key = key;
            this.message = message;
            this.period = period;
        }

        @Override
        void happen() {
            if (off) {
                return;
            }
            if (heardUntil > world.now()) {
                world.timeline().at(heardUntil, this); // Behind what is in the mailbox.
                return;
            }
            if (!process.runs(this)) {
                return;
            }
            if (period > 0) {
                world.timeline().at(world.now() + period, this);
            } else {
                alarms.remove(key, this);
            }
            hear(message);
        }
    }

    private void set(Object key, M message, Duration delay, long period) {
        cancel(key);
        Alarm alarm = new Alarm(key, message, period);
        alarms.put(key, alarm);
        world.timeline().at(world.now() + delay.toNanos(), alarm);
    }

    @Override
    public void startSingleTimer(Object key, M message, Duration delay) {
        set(key, message, delay, 0);
    }

    @Override
    public void startTimerWithFixedDelay(Object key, M message, Duration delay) {
        set(key, message, delay, delay.toNanos());
    }

    @Override
    public void startTimerWithFixedDelay(Object key, M message, Duration initial, Duration delay) {
        set(key, message, initial, delay.toNanos());
    }

    @Override
    public void startTimerAtFixedRate(Object key, M message, Duration interval) {
        set(key, message, interval, interval.toNanos());
    }

    @Override
    public void startTimerAtFixedRate(Object key, M message, Duration initial, Duration interval) {
        set(key, message, initial, interval.toNanos());
    }

    @Override
    @Deprecated
    @SuppressWarnings("InlineMeSuggester") // It is Pekko that deprecates it.
    public void startPeriodicTimer(Object key, M message, Duration interval) {
        startTimerAtFixedRate(key, message, interval);
    }

    @Override
    public boolean isTimerActive(Object key) {
        return alarms.containsKey(key);
    }

    @Override
    public void cancel(Object key) {
        Alarm alarm = alarms.remove(key);
        if (alarm != null) {
            alarm.off = true;
        }
    }

    @Override
    public void cancelAll() {
        alarms.values().forEach(alarm -> alarm.off = true);
        alarms.clear();
    }
}
