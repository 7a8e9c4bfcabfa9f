package drover.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.Scheduler;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.event.NoLogging;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import scala.concurrent.ExecutionContext;

class DeadlineSchedulerTest {
    private static final long LONG_SECONDS = 30;

    private final DeadlineScheduler scheduler = new DeadlineScheduler(
            ConfigFactory.empty(),
            NoLogging.getInstance(),
            Thread.ofPlatform().daemon().name("timers").factory());
    private final ExecutionContext here = ExecutionContext.fromExecutor(Runnable::run);
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

    @AfterEach
    void close() {
        scheduler.close();
    }

    private Cancellable once(String word, Duration delay) {
        return scheduler.scheduleOnce(delay, () -> heard.add(word), here);
    }

    private Optional<String> next() throws InterruptedException {
        return Optional.ofNullable(heard.poll(LONG_SECONDS, TimeUnit.SECONDS));
    }

    @Test
    void whatIsDueComesInItsTurnAndNeverEarly() throws InterruptedException {
        long begin = System.nanoTime();
        once("late", Duration.ofMillis(40));
        once("soon", Duration.ofMillis(20));
        once("now", Duration.ZERO);
        assertThat(heard).as("without a change of threads").containsExactly("now");
        assertThat(next()).contains("now");
        assertThat(next()).contains("soon");
        assertThat(System.nanoTime() - begin)
                .isGreaterThanOrEqualTo(Duration.ofMillis(20).toNanos());
        assertThat(next()).contains("late");
        assertThat(System.nanoTime() - begin)
                .isGreaterThanOrEqualTo(Duration.ofMillis(40).toNanos());
    }

    @Test
    void whatIsCancelledDoesNotCome() throws InterruptedException {
        Cancellable cancelled = once("cancelled", Duration.ofMillis(10));
        assertThat(cancelled.cancel()).isTrue();
        assertThat(cancelled.isCancelled()).isTrue();
        assertThat(cancelled.cancel()).isFalse();
        Cancellable done = once("done", Duration.ofMillis(30));
        assertThat(next()).contains("done");
        assertThat(done.cancel()).isFalse();
        assertThat(done.isCancelled()).isFalse();
    }

    @Test
    void whatIsRepeatedComesUntilItIsCancelledOrFails() throws InterruptedException {
        BlockingQueue<Integer> runs = new ArrayBlockingQueue<>(100);
        AtomicInteger count = new AtomicInteger();
        Cancellable repeated = scheduler.scheduleAtFixedRate(
                Duration.ZERO, Duration.ofMillis(2), () -> runs.add(count.incrementAndGet()), here);
        for (int run = 1; run <= 5; run++) {
            assertThat(runs.poll(LONG_SECONDS, TimeUnit.SECONDS)).isEqualTo(run);
        }
        assertThat(repeated.cancel()).isTrue();
        assertThat(repeated.isCancelled()).isTrue();
        once("cancelled", Duration.ofMillis(20));
        next();
        int then = count.get();
        once("later", Duration.ofMillis(20));
        next();
        assertThat(count).hasValue(then);

        AtomicInteger failures = new AtomicInteger();
        scheduler.scheduleAtFixedRate(
                Duration.ofMillis(1),
                Duration.ofMillis(1),
                () -> {
                    failures.incrementAndGet();
                    throw new IllegalArgumentException("on purpose");
                },
                ExecutionContext.fromExecutor(command -> {
                    try {
                        command.run();
                    } catch (IllegalArgumentException e) {
                        heard.add("failed");
                    }
                }));
        assertThat(next()).contains("failed");
        once("after the failure", Duration.ofMillis(20));
        assertThat(next()).contains("after the failure");
        assertThat(failures).hasValue(1);
    }

    /** As Pekko has it of what must not be lost. */
    private record AtTheEnd(List<String> told) implements Scheduler.TaskRunOnClose {
        @Override
        public void run() {
            told.add("the end");
        }
    }

    @Test
    void afterTheEndNothingComesButWhatHasTo() {
        List<String> told = new ArrayList<>();
        once("never", Duration.ofHours(1));
        scheduler.scheduleOnce(Duration.ofHours(1), new AtTheEnd(told), here);
        scheduler.close();
        scheduler.close();
        assertThat(told).containsExactly("the end");
        assertThat(heard).isEmpty();
        assertThatThrownBy(() -> once("too late", Duration.ofMillis(1))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> once("too late", Duration.ZERO)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void anActorSystemLivesByItAndEnds() {
        ActorTestKit kit = ActorTestKit.create(ConfigFactory.parseString(
                "pekko.scheduler.implementation = \"" + DeadlineScheduler.class.getName() + "\""));
        try {
            var probe = kit.<String>createTestProbe();
            Behavior<String> ticking = Behaviors.withTimers(timers -> {
                timers.startTimerWithFixedDelay("tick", Duration.ofMillis(1));
                return Behaviors.receiveMessage(tick -> {
                    probe.ref().tell(tick);
                    return Behaviors.same();
                });
            });
            kit.spawn(ticking);
            for (int tick = 0; tick < 5; tick++) {
                probe.expectMessage(Duration.ofSeconds(LONG_SECONDS), "tick");
            }
        } finally {
            kit.shutdownTestKit();
        }
    }
}
