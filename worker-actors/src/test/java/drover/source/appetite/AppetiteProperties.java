package drover.source.appetite;

import static org.assertj.core.api.Assertions.assertThat;

import drover.source.appetite.Decision.Pop;
import drover.source.appetite.Decision.Wait;
import drover.source.appetite.Decision.Why;
import drover.source.bridge.BridgeData.Capacity;
import drover.source.bridge.BridgeData.Performance;
import drover.source.models.Baseline;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** What holds whatever a worker is set to, holds and goes through. */
final class AppetiteProperties {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private static <T> T oneOf(SplittableRandom dice, List<T> choices) {
        return choices.get(dice.nextInt(choices.size()));
    }

    private static Capacity capacity(SplittableRandom dice) {
        return new Capacity(
                1 + dice.nextInt(4),
                dice.nextInt(5),
                1 + dice.nextInt(20),
                1 + dice.nextInt(128),
                oneOf(dice, List.of(Performance.values())),
                dice.nextInt(5) == 0,
                dice.nextInt(3) == 0,
                dice.nextDouble());
    }

    private static Offered model(SplittableRandom dice, int i) {
        boolean resident = dice.nextBoolean();
        return new Offered(
                "m" + i,
                oneOf(dice, List.of(Baseline.values())),
                dice.nextInt(4),
                resident,
                resident && dice.nextBoolean(),
                dice.nextInt(4) == 0
                        ? OptionalDouble.empty()
                        : OptionalDouble.of(Math.pow(10, 4 + 3 * dice.nextDouble())),
                dice.nextBoolean() ? Optional.empty() : Optional.of(Duration.ofSeconds(dice.nextInt(60))),
                dice.nextBoolean() ? OptionalLong.empty() : OptionalLong.of(1L << (28 + dice.nextInt(6))));
    }

    private static Load load(SplittableRandom dice) {
        List<Offered> models = new ArrayList<>();
        int count = dice.nextInt(6);
        for (int i = 0; i < count; i++) {
            models.add(model(dice, i));
        }
        int slots = dice.nextInt(5);
        int jobs = dice.nextInt(6);
        return new Load(
                slots,
                slots == 0 ? 0 : dice.nextInt(slots + 1),
                slots == 0 ? 0 : dice.nextInt(slots + 1),
                jobs,
                jobs == 0 ? dice.nextInt(3) : jobs + dice.nextInt(10),
                dice.nextInt(100),
                jobs == 0 ? 0 : dice.nextLong(100_000_000),
                Duration.ofMillis(dice.nextInt(20_000)),
                dice.nextInt(10) > 0,
                dice.nextBoolean() ? OptionalLong.empty() : OptionalLong.of(dice.nextLong(1L << 34)),
                models,
                OptionalDouble.empty());
    }

    @Property(tries = 5000)
    void anOfferIsWithinWhatIsSetAndOnlyOfWhatThereIs(@ForAll long seed) {
        SplittableRandom dice = new SplittableRandom(seed);
        Capacity capacity = capacity(dice);
        Load load = load(dice);
        if (!(new Appetite(capacity, false, dice.split()).decide(START, load) instanceof Pop pop)) {
            return;
        }
        assertThat(pop.models())
                .isNotEmpty()
                .doesNotHaveDuplicates()
                .isSubsetOf(load.models().stream()
                        .filter(model -> model.pending() < 2)
                        .map(Offered::name)
                        .toList());
        assertThat(pop.amount()).isBetween(1, capacity.maxBatch());
        assertThat(pop.amount() + load.ids()).isLessThanOrEqualTo(20);
        assertThat(pop.maxPixels()).isBetween(64 * 64, capacity.maxPixels());
        assertThat(load.canCheck()).isTrue();
        assertThat(load.jobs()).isLessThan(Math.min(capacity.threads(), load.slots()) + capacity.queueSize());
        assertThat(pop.keepAlive()).isFalse();
    }

    /** Any job that the server could make of an offer ends in time on a machine that is as fast as it was. */
    @Property(tries = 3000)
    void whatIsInvitedCanBeDoneInTime(@ForAll long seed) {
        SplittableRandom dice = new SplittableRandom(seed);
        Capacity capacity = capacity(dice);
        Load load = load(dice);
        if (!(new Appetite(capacity, false, dice.split()).decide(START, load) instanceof Pop pop)) {
            return;
        }
        int threads = Math.min(capacity.threads(), load.slots());
        double slowest = load.models().stream()
                .filter(it -> it.speed().isPresent())
                .mapToDouble(it -> it.speed().getAsDouble())
                .min()
                .orElse(Double.NaN);
        boolean queued = load.freeSlots() == 0 || load.jobs() >= threads;
        double waiting = queued && load.pixelSteps() > 0
                ? load.pixelSteps() / slowest / threads + Pacing.seconds(load.overhead()) * load.jobs() / threads
                : 0;
        for (Offered model : load.models()) {
            if (!pop.models().contains(model.name()) || model.speed().isEmpty()) {
                continue;
            }
            for (int i = 0; i < 50; i++) {
                int pixels = 4096 * (1 + dice.nextInt(pop.maxPixels() / 4096));
                int pictures = 1 + dice.nextInt(ServerRules.batch(pixels, pop.maxPixels(), pop.amount()));
                int steps = 1 + dice.nextInt(capacity.limitMaxSteps() ? 30 : 50);
                double seconds = waiting
                        + Pacing.seconds(load.overhead())
                        + (model.resident()
                                ? 0
                                : model.load().map(Pacing::seconds).orElse(30.0))
                        + (double) pixels * steps * pictures / model.speed().getAsDouble();
                double given =
                        ServerRules.timeToLive(pixels, steps, "k_euler", false, model.baseline(), capacity.extraSlow());
                assertThat(seconds)
                        .as("%s: %d pixels, %d steps, %d pictures", model, pixels, steps, pictures)
                        .isLessThanOrEqualTo(given * 0.801);
            }
        }
    }

    @Property(tries = 1000)
    void theSameChanceGivesTheSameDecisions(@ForAll long seed) {
        assertThat(story(seed)).isEqualTo(story(seed));
    }

    private static List<Decision> story(long seed) {
        SplittableRandom dice = new SplittableRandom(seed);
        Appetite appetite = new Appetite(capacity(dice), false, new SplittableRandom(seed + 1));
        Instant now = START;
        List<Decision> decisions = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            now = now.plusMillis(dice.nextInt(5000));
            Decision decision = appetite.decide(now, load(dice));
            decisions.add(decision);
            if (decision instanceof Pop) {
                if (dice.nextInt(3) == 0) {
                    appetite.popFailed(now, new PopFailure(PopFailure.Kind.TROUBLE, Optional.empty()));
                } else {
                    appetite.popped(now, dice.nextBoolean());
                }
            }
            if (dice.nextInt(4) == 0) {
                appetite.ended(now, dice.nextInt(2), dice.nextInt(2));
            }
        }
        return decisions;
    }

    /** Two hours of a worker whose jobs fail at a rate: it stays online, and it is never put into maintenance. */
    @Property(tries = 300)
    void aFailingWorkerIsNotPutIntoMaintenanceAndStaysOnlineWhileItMay(@ForAll long seed) {
        SplittableRandom dice = new SplittableRandom(seed);
        double failing = dice.nextDouble();
        Capacity capacity =
                new Capacity(1, dice.nextInt(3), 1 + dice.nextInt(6), 32, Performance.NORMAL, false, false, 0);
        Appetite appetite = new Appetite(capacity, false, dice.split());
        List<int[]> jobs = new ArrayList<>(); // Ids, and the second at which each ends.
        Instant lastPop = START;
        int hourSince = -1;
        int failed = 0;
        for (int second = 0; second < 7200; second++) {
            Instant now = START.plusSeconds(second);
            for (int[] job : List.copyOf(jobs)) {
                if (job[1] == second) {
                    jobs.remove(job);
                    boolean bad = dice.nextDouble() < failing;
                    appetite.ended(now, bad ? 0 : job[0], bad ? job[0] : 0);
                    if (bad) {
                        if (hourSince < 0 || second - hourSince > 3600) {
                            hourSince = second;
                            failed = 0;
                        }
                        failed += job[0];
                    }
                }
            }
            Decision decision = appetite.decide(now, holding(jobs));
            if (decision instanceof Pop pop) {
                boolean found = !pop.keepAlive() && dice.nextInt(3) == 0;
                appetite.popped(now, found);
                lastPop = now;
                if (found) {
                    jobs.add(new int[] {1 + dice.nextInt(pop.amount()), second + 5 + dice.nextInt(60)});
                }
            } else if (decision instanceof Wait wait && wait.why() == Why.SPARING) {
                lastPop = now; // Then it knowingly goes offline.
            }
            assertThat(failed).isLessThanOrEqualTo(20);
            assertThat(Duration.between(lastPop, now)).isLessThan(Appetite.ONLINE);
        }
    }

    private static Load holding(List<int[]> jobs) {
        int ids = jobs.stream().mapToInt(job -> job[0]).sum();
        return new Load(
                1,
                jobs.isEmpty() ? 1 : 0,
                1,
                jobs.size(),
                ids,
                10L * jobs.size(),
                10_000_000L * ids,
                Duration.ofSeconds(3),
                true,
                OptionalLong.empty(),
                List.of(Loads.fast("m", Baseline.STABLE_DIFFUSION_1, 2)),
                OptionalDouble.empty());
    }
}
