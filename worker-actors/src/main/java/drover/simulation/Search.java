package drover.simulation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Plays runs of many seeds until one fails or enough have been played; each run in one thread, several at a time. */
public final class Search {
    private static final int SHRINKING_RUNS = 600;

    private final Cast cast;
    private final int jobs;
    private final int threads;

    /**
     * A search with the rules as they are.
     *
     * @param jobs of each run, at least 1
     * @param threads how many runs are played at a time, at least 1
     */
    public Search(int jobs, int threads) {
        this(Cast.real(), jobs, threads);
    }

    Search(Cast cast, int jobs, int threads) {
        this.cast = cast;
        this.jobs = jobs;
        this.threads = threads;
    }

    /**
     * What was found.
     *
     * @param runs how many were played
     * @param took real time
     * @param simulated virtual time of all runs
     * @param happenings how much happened in all runs
     * @param failure the first failure, by the order of the runs among those that were played
     */
    public record Result(long runs, Duration took, Duration simulated, long happenings, Optional<Failure> failure) {}

    /**
     * A run that broke a rule.
     *
     * @param seed replays it
     * @param what the rule and what was seen
     */
    public record Failure(long seed, String what) {}

    /** The seed of the n-th run of a search, from 0. */
    static long seed(long first, long n) {
        return n == 0 ? first : new SplittableRandom(first + n).nextLong();
    }

    /**
     * Plays runs until one fails, so many have been played or so much time has passed.
     *
     * @param first the seed of the first run, which the others follow from
     * @param runs at least 1
     */
    public Result search(long first, long runs, Duration atMost) throws InterruptedException {
        long start = System.nanoTime();
        AtomicLong next = new AtomicLong();
        AtomicLong played = new AtomicLong();
        AtomicLong simulated = new AtomicLong();
        AtomicLong happenings = new AtomicLong();
        ConcurrentSkipListMap<Long, Failure> failures = new ConcurrentSkipListMap<>();
        Runnable player = () -> {
            while (failures.isEmpty() && System.nanoTime() - start < atMost.toNanos()) {
                long n = next.getAndIncrement();
                if (n >= runs) {
                    return;
                }
                long seed = seed(first, n);
                Simulation.Outcome outcome = Simulation.run(Plan.of(seed, jobs), cast);
                played.incrementAndGet();
                simulated.addAndGet(outcome.length());
                happenings.addAndGet(outcome.happenings());
                outcome.violation().ifPresent(v -> failures.put(n, new Failure(seed, String.valueOf(v.getMessage()))));
            }
        };
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<Future<?>> players = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                players.add(pool.submit(player));
            }
            for (Future<?> one : players) {
                one.get();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("a run could not be played", e.getCause());
        }
        return new Result(
                played.get(),
                Duration.ofNanos(System.nanoTime() - start),
                Duration.ofNanos(simulated.get()),
                happenings.get(),
                failures.values().stream().findFirst());
    }

    /**
     * Plays the run of one seed. If it breaks a rule, a smaller run that breaks the same one is sought and told instead.
     *
     * @param lines receives what happens, line by line
     * @return what was broken, if anything was
     */
    public Optional<Failure> replay(long seed, Consumer<String> lines) {
        Plan plan = Plan.of(seed, jobs);
        Optional<Violation> violation = Simulation.run(plan, cast).violation();
        Plan told = violation
                .map(v -> new Shrinker(cast, v.rule(), SHRINKING_RUNS).shrink(plan))
                .orElse(plan);
        if (violation.isPresent()) {
            lines.accept("seed " + seed + " with " + jobs + " jobs: "
                    + violation.get().getMessage());
            lines.accept("shrunken to " + told.orders().size() + " orders, "
                    + told.troubles().size() + " troubles, " + told.shape().nodes() + " nodes:");
        }
        lines.accept(told.shape().toString());
        told.orders().forEach(order -> lines.accept(order.text()));
        told.troubles().forEach(trouble -> lines.accept(trouble.text()));
        Simulation.run(told, cast, lines);
        return violation.map(v -> new Failure(seed, String.valueOf(v.getMessage())));
    }
}
