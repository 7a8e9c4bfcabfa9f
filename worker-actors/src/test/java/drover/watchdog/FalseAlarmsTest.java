package drover.watchdog;

import static drover.watchdog.WatchdogFixture.CANCEL_GRACE;
import static drover.watchdog.WatchdogFixture.TIMEOUTS;
import static drover.watchdog.WatchdogFixture.attempt;
import static org.assertj.core.api.Assertions.assertThat;

import drover.inference.AttemptId;
import drover.inference.Phase;
import drover.inference.Position;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Ten thousand jobs on one watchdog. Healthy ones are as slow as their limits just allow, and never suspected; those that
 * stop are found, all of them, at their deadlines and not a moment earlier or later.
 */
class FalseAlarmsTest {
    private static final int JOBS = 10_000;
    private static final Duration GRAIN = Duration.ofMillis(500);

    record Event(Instant at, Watchdog.Command command) {}

    record Call(AttemptId attempt, Rung rung, Instant at) {}

    @ParameterizedTest(name = "one job in {1} stops, seed {0}")
    @CsvSource({"1, 0", "2, 20"})
    void onlyTheStoppedOnesAreFoundAndAtTheirDeadlines(long seed, int oneIn) {
        try (WatchdogFixture fixture = new WatchdogFixture()) {
            PriorityQueue<Event> events = new PriorityQueue<>(Comparator.comparing(Event::at));
            Set<Call> expected = new HashSet<>();
            Random random = new Random(seed);
            for (int i = 0; i < JOBS; i++) {
                boolean stops = oneIn > 0 && random.nextInt(oneIn) == 0;
                live(attempt("job" + i), stops, random, fixture, events, expected);
            }

            for (Event event = events.poll(); event != null; event = events.poll()) {
                Duration until = Duration.between(fixture.time.instant(), event.at());
                if (until.isPositive()) {
                    fixture.pass(until);
                }
                fixture.tell(event.command());
            }
            fixture.pass(Duration.ofMinutes(5));

            List<Call> calls = new ArrayList<>();
            if (!expected.isEmpty()) {
                fixture.owner
                        .receiveSeveralMessages(expected.size())
                        .forEach(v -> calls.add(new Call(
                                v.stall().attempt(), v.rung(), v.stall().at())));
            }
            fixture.expectNoVerdict();
            assertThat(calls).containsExactlyInAnyOrderElementsOf(expected);
            assertThat(fixture.counts().watched()).isEqualTo(expected.size() / 2);
            assertThat(fixture.counts().slept()).isZero();
        }
    }

    /** Writes down what a job will send, and what has to be said about it if it stops. */
    private static void live(
            AttemptId job,
            boolean stops,
            Random random,
            WatchdogFixture fixture,
            PriorityQueue<Event> events,
            Set<Call> expected) {
        List<Position> path = path(random);
        int lastStep = stops ? random.nextInt(path.size()) : path.size() - 1;
        Instant at = fixture.time.instant().plus(GRAIN.multipliedBy(random.nextInt(600)));
        events.add(new Event(at, new Watchdog.Watch(job, "emoji", TIMEOUTS, Rungs.FULL, fixture.owner.ref())));
        Duration limit = TIMEOUTS.limit(Phase.STARTING).length();
        for (int i = 0; i <= lastStep; i++) {
            at = at.plus(gap(limit, random));
            events.add(new Event(at, new Watchdog.Advanced(job, path.get(i))));
            limit = TIMEOUTS.limit(path.get(i).phase()).length();
        }
        if (stops) {
            // Sometimes it still breathes, which must change nothing.
            for (int i = random.nextInt(5); i > 0; i--) {
                events.add(new Event(at.plus(GRAIN.multipliedBy(i)), new Watchdog.Heartbeat(job)));
            }
            expected.add(new Call(job, Rung.CANCEL, at.plus(limit)));
            expected.add(new Call(job, Rung.REPLACE_PROCESS, at.plus(limit).plus(CANCEL_GRACE)));
        } else {
            events.add(new Event(at.plus(gap(limit, random)), new Watchdog.Unwatch(job)));
        }
    }

    /** Mostly quick, sometimes as long as it can be without being a stall. */
    private static Duration gap(Duration limit, Random random) {
        int longest = (int) limit.dividedBy(GRAIN) - 1;
        return GRAIN.multipliedBy(random.nextInt(10) == 0 ? longest : 1 + random.nextInt(Math.min(longest, 30)));
    }

    private static List<Position> path(Random random) {
        List<Position> path = new ArrayList<>();
        enter(path, Phase.LOADING, random.nextInt(3));
        enter(path, Phase.ENCODING, 1);
        enter(path, random.nextBoolean() ? Phase.DENOISING : Phase.GENERATING, 5 + random.nextInt(20));
        enter(path, Phase.DECODING, random.nextInt(2));
        enter(path, Phase.CHECKING, 1);
        enter(path, Phase.UPLOADING, 1);
        return path;
    }

    private static void enter(List<Position> path, Phase phase, int steps) {
        for (int step = 0; step <= steps; step++) {
            path.add(new Position(phase, step, Math.max(1, steps)));
        }
    }
}
