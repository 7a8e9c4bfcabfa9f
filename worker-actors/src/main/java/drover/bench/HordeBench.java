package drover.bench;

import drover.horde.ApiKey;
import drover.horde.BridgeAgent;
import drover.horde.HordeError;
import drover.horde.HordeRequester;
import drover.horde.HordeResult;
import drover.horde.HordeSettings;
import drover.horde.ImageOrder;
import drover.horde.ImageParams;
import drover.horde.OrderAccepted;
import drover.horde.Retries;
import drover.inference.Phase;
import drover.job.Attempt;
import drover.job.Job;
import drover.job.JobState;
import drover.source.server.History;
import drover.source.server.HordeBooks;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/**
 * What a worker adds to a job of the Horde, and what it costs to ask for jobs: a whole Drover with an engine that draws in
 * no time, which works for a Horde of this machine's in another process. Times are taken where the Horde sees them. Taken
 * off are the node's own phases (among them the check and the encoding of the picture) and, as the network's part, two
 * calls as they take in the same run, for the upload and the submit.
 */
public final class HordeBench {
    private static final String MODEL = "Deliberate";
    private static final int WARM_UP = 1_000;
    private static final int BUSY = 400;
    private static final int SINGLE = 100;
    private static final Duration IDLE = Duration.ofMinutes(2);
    /** The compiler has to get used to there being nothing to do. */
    private static final Duration REST = Duration.ofMinutes(1);

    private static final Duration CALL_PAUSE = Duration.ofMillis(300);
    private static final int KINDS_SHOWN = 8;
    private static final Duration PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST = Duration.ofMinutes(5);
    private static final double OWN_P50_LIMIT_MS = 10;
    private static final double ANSWER_P99_LIMIT_MS = 150;
    private static final double IDLE_LIMIT = 0.01;
    private static final Set<Phase> NODES = EnumSet.allOf(Phase.class);

    private final Rig rig;
    private final HordeChild horde;
    private final HordeRequester requester;
    private final PrintStream out;

    private HordeBench(Rig rig, HordeChild horde, PrintStream out) {
        this.rig = rig;
        this.horde = horde;
        this.out = out;
        this.requester = new HordeRequester(
                rig.control().system(),
                HordeSettings.of(horde.url(), new ApiKey(horde.requesterKey()), BridgeAgent.parse("bench:0:bench")),
                Retries.of(rig.control().system(), InstantSource.system(), new Random(1)));
    }

    /**
     * Measures and prints.
     *
     * @param checker a safety checker's folder, without which nothing goes to a Horde
     * @return whether the figures are within their limits
     * @throws BenchException if it could not be measured
     */
    public static boolean run(Path checker, PrintStream out) throws BenchException {
        try {
            Path bridgeData = Files.createTempFile("drover-bench", ".yaml");
            try (HordeChild horde = HordeChild.start(MODEL)) {
                Files.writeString(bridgeData, """
                        horde_url: %s
                        api_key: "%s"
                        dreamer_name: bench
                        models_to_load: [%s]
                        max_power: 32
                        queue_size: 0
                        """.formatted(horde.url(), horde.workerKey(), MODEL));
                try (Rig rig =
                        Rig.start("""
                        drover.engine = fault
                        drover.nodes.gpus = [cpu]
                        drover.fault { load-time = 0s, encode-time = 0s, step-time = 0s, decode-time = 0s, models = [%s] }
                        drover.safety.model = "%s"
                        drover.horde {
                          enabled = on
                          bridge-data = ["%s"]
                          bridge-agent = "AI Horde Worker reGen:13.0.0:drover-bench"
                          model-reference = "%s"
                        }
                        """.formatted(MODEL, checker.toAbsolutePath(), bridgeData, horde.reference()))) {
                    rig.awaitReady(1);
                    return new HordeBench(rig, horde, out).report();
                }
            } finally {
                Files.delete(bridgeData);
            }
        } catch (IOException e) {
            throw new BenchException("the Horde of this measurement does not answer: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", e);
        }
    }

    /** An id, and the job that it was. */
    private record Answered(History history, Job job) {
        Instant popped() {
            return history.popped();
        }

        Instant uploaded() {
            return history.puts().getLast().at();
        }

        Instant taken() {
            return history.accepted().orElseThrow().at();
        }

        Duration node() {
            return attempt().timings().total(NODES);
        }

        Duration checkAndEncoding() {
            return attempt().timings().total(Set.of(Phase.CHECKING, Phase.UPLOADING));
        }

        Attempt attempt() {
            return job.attempts().getLast();
        }
    }

    private boolean report() throws IOException, InterruptedException, BenchException {
        order(WARM_UP);
        order(BUSY);
        List<Answered> all = answered();
        List<Answered> busy = all.subList(WARM_UP, all.size());
        for (int i = 0; i < SINGLE; i++) {
            order(1);
        }
        all = answered();
        List<Answered> single = all.subList(WARM_UP + BUSY, all.size());
        Figures call = calls();
        double idle = idle();
        HordeBooks books = horde.books();
        if (!books.violations().isEmpty()) {
            throw new BenchException(
                    "the Horde complains: " + books.violations().getFirst());
        }
        out.printf("one job at a time, 512x512, after %,d others:%n", WARM_UP + BUSY);
        Figures own = print(single);
        out.printf("as many as it takes:%n");
        print(busy);
        Figures answer = figures(all.subList(WARM_UP, all.size()), HordeBench::answer);
        double added = own.millis(0.5) - 2 * call.millis(0.5);
        out.printf("a call to this Horde:            %s%n", call);
        out.printf(
                Locale.ROOT,
                "the worker's own without two calls: p50 %.1f ms (limit %.0f)%npicture drawn to submit taken, without its check and encoding:"
                        + " p99 %.1f ms (limit %.0f)%nwhile it only asks for jobs, for %d s: %.2f %% of a core (limit %.0f %%)%n",
                added,
                OWN_P50_LIMIT_MS,
                answer.millis(0.99),
                ANSWER_P99_LIMIT_MS,
                IDLE.toSeconds(),
                idle * 100,
                IDLE_LIMIT * 100);
        return added <= OWN_P50_LIMIT_MS && answer.millis(0.99) <= ANSWER_P99_LIMIT_MS && idle <= IDLE_LIMIT;
    }

    private Figures print(List<Answered> some) {
        Figures own =
                figures(some, it -> nanos(it.popped(), it.taken()) - it.node().toNanos());
        out.printf("  pop to submit taken:           %s%n", figures(some, it -> nanos(it.popped(), it.taken())));
        out.printf(
                "    the node's, all phases:      %s%n",
                figures(some, it -> it.node().toNanos()));
        out.printf(
                "      check and encoding:        %s%n",
                figures(some, it -> it.checkAndEncoding().toNanos()));
        out.printf(
                "    pop to assigned:             %s%n",
                figures(some, it -> nanos(it.popped(), it.attempt().assigned())));
        out.printf("    upload arrived to submit:    %s%n", figures(some, it -> nanos(it.uploaded(), it.taken())));
        out.printf("    the worker's own:            %s%n", own);
        return own;
    }

    /** From the last stroke to the submit that was taken, but for the check and the encoding. */
    private static long answer(Answered it) {
        Instant ended = it.attempt().ended().orElse(it.uploaded());
        return nanos(ended, it.taken());
    }

    private static long nanos(Instant from, Instant to) {
        return Duration.between(from, to).toNanos();
    }

    private static Figures figures(List<Answered> some, ToLongFunction<Answered> time) {
        return new Figures(some.stream().mapToLong(time).toArray());
    }

    /** Orders single pictures, and waits until they are there. */
    private void order(int count) throws IOException, InterruptedException, BenchException {
        for (int i = 0; i < count; i++) {
            HordeResult<OrderAccepted> result = requester
                    .order(ImageOrder.of(
                            "a lighthouse",
                            ImageParams.of(512, 512, 1, Optional.of(1), Optional.of("42")),
                            List.of(MODEL)))
                    .toCompletableFuture()
                    .join();
            if (result instanceof HordeResult.Failed<OrderAccepted>(HordeError error)) {
                throw new BenchException("an order was refused: " + error.message());
            }
        }
        long end = System.nanoTime() + LONGEST.toNanos();
        while (!horde.books().finished()) {
            if (System.nanoTime() - end > 0) {
                throw new BenchException(
                        count + " orders were not done within " + LONGEST.toMinutes() + " minutes: " + horde.books());
            }
            TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
        }
    }

    /** Pops and jobs come in the same order. */
    private List<Answered> answered() throws IOException, InterruptedException, BenchException {
        List<History> histories = horde.books().pictures();
        long open = histories.stream().filter(it -> it.accepted().isEmpty()).count();
        if (open > 0) {
            throw new BenchException(open + " pictures were not answered");
        }
        List<Job> jobs = rig.jobs(JobState.DELIVERED, histories.size());
        if (jobs.size() != histories.size()) {
            throw new BenchException(histories.size() + " pictures, but " + jobs.size() + " jobs");
        }
        return IntStream.range(0, histories.size())
                .mapToObj(i -> new Answered(histories.get(i), jobs.get(jobs.size() - 1 - i)))
                .toList();
    }

    /** How long a call takes whose answer the Horde has at hand, made as seldom as those of a job. */
    private Figures calls() throws InterruptedException {
        long[] nanos = new long[SINGLE];
        for (int i = 0; i < SINGLE; i++) {
            TimeUnit.NANOSECONDS.sleep(CALL_PAUSE.toNanos());
            long begin = System.nanoTime();
            requester.checkImages("none").toCompletableFuture().join();
            nanos[i] = System.nanoTime() - begin;
        }
        return new Figures(nanos);
    }

    /** Prints by which threads, and gives the share of one core. */
    private double idle() throws IOException, InterruptedException {
        TimeUnit.NANOSECONDS.sleep(REST.toNanos());
        try (ProcessProbe probe = ProcessProbe.own()) {
            Map<String, Long> used = new TreeMap<>(probe.processorTime());
            long begin = System.nanoTime();
            TimeUnit.NANOSECONDS.sleep(IDLE.toNanos());
            double nanos = System.nanoTime() - begin;
            Map<String, Long> now = probe.processorTime();
            used.replaceAll((kind, before) -> now.getOrDefault(kind, before) - before);
            out.printf(
                    "while it only asks for jobs, per cent of a core by kind of thread, from %d s on:%n",
                    REST.toSeconds());
            used.entrySet().stream()
                    .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                    .limit(KINDS_SHOWN)
                    .forEach(kind ->
                            out.printf(Locale.ROOT, "  %-48s %.2f%n", kind.getKey(), 100 * kind.getValue() / nanos));
            return used.values().stream().mapToLong(Long::longValue).sum() / nanos;
        }
    }
}
