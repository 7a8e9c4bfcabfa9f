package drover.source.dreamer;

import drover.horde.Skipped;
import drover.horde.WorkerMessage;
import drover.inference.ImageRequest;
import drover.inference.InferenceRequest;
import drover.inference.Phase;
import drover.job.Attempt;
import drover.job.AttemptTimings;
import drover.job.Job;
import drover.ledger.Earning;
import drover.ledger.Order;
import drover.source.KudosBook;
import drover.source.StatsLine;
import drover.source.WorkerMessages;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/** What a dreamer has done, and what it earned. Not for use by several threads. */
final class Tally {
    /** What a job takes beside its steps, as long as nothing is measured. */
    static final Duration ASSUMED_OVERHEAD = Duration.ofSeconds(5);

    private static final double WEIGHT = 0.2;
    private static final Set<Phase> COUNTED_BY_STEPS = Set.of(Phase.LOADING, Phase.DENOISING);

    private final Tags tags;
    private final MeterRegistry meters;
    private final Timer answers;
    private final KudosBook kudos;
    private final WorkerMessages messages = new WorkerMessages();
    private final SpeedWarnings warnings = new SpeedWarnings();
    private Optional<Double> overheadSeconds = Optional.empty();
    private OptionalDouble enlarging = OptionalDouble.empty();
    private Instant lastJob;
    private boolean warned;
    private long popped;
    private long good;
    private long failed;
    private Optional<Double> accountKudos = Optional.empty();
    private Optional<Long> uncompletedJobs = Optional.empty();
    private long censored;
    private long pictures;

    /**
     * Nothing done yet.
     *
     * @param before what the name had earned before, as the ledger has it
     */
    Tally(String worker, MeterRegistry meters, Instant now, List<Earning> before) {
        this.kudos =
                new KudosBook(now, before.stream().mapToDouble(Earning::reward).sum());
        this.tags = Tags.of("worker", worker);
        this.meters = meters;
        this.lastJob = now;
        this.answers = Timer.builder("drover.horde.answer")
                .description("From the last stroke to the last answer of the Horde")
                .tags(tags)
                .publishPercentiles(0.5, 0.99)
                .register(meters);
    }

    void popped(Instant now, boolean job, Optional<Skipped> skipped) {
        count("drover.horde.pops", "result", job ? "job" : "none", 1);
        skipped.ifPresent(why ->
                why.counts().forEach((reason, number) -> count("drover.horde.skipped", "reason", reason, number)));
        if (job) {
            popped++;
            lastJob = now;
            warned = false;
        }
    }

    void popFailed() {
        count("drover.horde.pops", "result", "failed", 1);
    }

    /** What came with a pop; gives what had not come before. */
    List<WorkerMessage> messages(List<WorkerMessage> newest, Instant now) {
        return messages.come(newest, now);
    }

    /** A warning, once, if there has been no job for longer than the operator wants. */
    Optional<String> idleTooLong(Instant now, Duration allowed) {
        if (allowed.isZero() || warned || Duration.between(lastJob, now).compareTo(allowed) < 0) {
            return Optional.empty();
        }
        warned = true;
        return Optional.of("no job for " + allowed.toMinutes()
                + " minutes; see the skipped counts in the metrics, and ./drover horde check");
    }

    void closed(Instant now, Order order, Optional<Job> job, Optional<Duration> answered) {
        int well = order.count(Order.Outcome.GOOD);
        int badly = order.count(Order.Outcome.FAILED) + order.count(Order.Outcome.LATE);
        good += well;
        failed += badly;
        pictures += order.parts().size();
        censored += job.stream()
                .flatMap(done -> done.assets().stream())
                .filter(asset -> asset.safety().isReplaced())
                .count();
        if (well > 0) {
            double seconds = Duration.between(order.taken(), now).toMillis() / 1000.0;
            kudos.rewarded(new KudosBook.Entry(order.model(), order.reward(), well, seconds, now));
        }
        for (Order.Outcome outcome : Order.Outcome.values()) {
            count("drover.horde.pictures", "outcome", outcome.name().toLowerCase(Locale.ROOT), order.count(outcome));
        }
        Counter.builder("drover.horde.kudos")
                .description("As the server rewards them, before what it takes off for the agent's name")
                .tags(tags.and("model", order.model()))
                .register(meters)
                .increment(order.reward());
        answered.filter(took -> !took.isNegative()).ifPresent(answers::record);
        if (well > 0) {
            job.ifPresent(done -> learn(done, now));
        }
    }

    /**
     * What the operator should know of how fast an order was done.
     *
     * @param quiet whether slow ones pass without a word
     */
    Optional<String> pace(Instant now, Order order, Optional<Job> job, boolean quiet) {
        if (order.count(Order.Outcome.GOOD) == 0
                || job.isEmpty()
                || job.get().attempts().isEmpty()) {
            return Optional.empty();
        }
        Attempt last = job.get().attempts().getLast();
        Duration work =
                Duration.between(last.assigned(), now).minus(last.timings().total(Set.of(Phase.LOADING)));
        long pixelSteps = switch (job.get().request()) {
            case ImageRequest image -> (long) image.width() * image.height() * image.steps();
        };
        return warnings.of(
                new SpeedWarnings.Answered(order.reward(), work, pixelSteps, Duration.between(order.taken(), now)),
                quiet);
    }

    private void learn(Job job, Instant now) {
        if (job.attempts().isEmpty()) {
            return;
        }
        AttemptTimings timings = job.attempts().getLast().timings();
        Duration whole = Duration.between(job.attempts().getLast().assigned(), now);
        double seconds = whole.minus(timings.total(COUNTED_BY_STEPS)).toMillis() / 1000.0;
        if (!timings.isMeasured() || seconds < 0) {
            return;
        }
        double enlarged = enlargedPixels(job.request());
        if (enlarged > 0) {
            double each = Math.max(0, seconds - overhead().toMillis() / 1000.0) / enlarged;
            // A small factor now and then is no reason to count on it.
            enlarging = OptionalDouble.of(Math.max(each, mixed(enlarging.orElse(each), each)));
        } else {
            overheadSeconds =
                    Optional.of(overheadSeconds.map(old -> mixed(old, seconds)).orElse(seconds));
        }
    }

    private static double mixed(double old, double fresh) {
        return old * (1 - WEIGHT) + fresh * WEIGHT;
    }

    /** Pixels that were painted to be enlarged. */
    private static double enlargedPixels(InferenceRequest request) {
        return switch (request) {
            case ImageRequest image ->
                image.features().postProcessing().isEmpty()
                        ? 0
                        : (double) image.width() * image.height() * image.count();
        };
    }

    /** What a job takes beside loading and steps. */
    Duration overhead() {
        return overheadSeconds
                .map(seconds -> Duration.ofMillis((long) (seconds * 1000)))
                .orElse(ASSUMED_OVERHEAD);
    }

    /** Seconds that post-processing takes for each pixel that is painted, if any has been done. */
    OptionalDouble enlarging() {
        return enlarging;
    }

    private void count(String name, String key, String value, double by) {
        if (by > 0) {
            meters.counter(name, tags.and(key, value)).increment(by);
        }
    }

    /** What the Horde says of the account. */
    void account(double has) {
        accountKudos = Optional.of(has);
    }

    /** How many dropped jobs the Horde counts for the worker. */
    void uncompleted(Optional<Long> jobs) {
        uncompletedJobs = jobs;
    }

    /** What the dreamer knows beside this. */
    record Present(
            String worker,
            String state,
            Optional<String> why,
            Optional<Instant> until,
            List<String> models,
            List<String> missing,
            int orders,
            int ids,
            long pending,
            int failedOfTheHour,
            Optional<String> trouble,
            Instant now) {}

    DreamerStatus status(Present present) {
        return new DreamerStatus(
                present.worker(),
                present.state(),
                present.why(),
                present.until(),
                present.models(),
                present.missing(),
                present.orders(),
                present.ids(),
                present.pending(),
                popped,
                good,
                failed,
                present.failedOfTheHour(),
                kudos.session().kudos(),
                kudos.perHour(present.now()),
                kudos.ever(),
                accountKudos,
                uncompletedJobs,
                present.trouble(),
                messages.current(present.now()).stream()
                        .map(WorkerMessage::message)
                        .toList());
    }

    /** How it is doing, for the log. */
    String line(String worker, Hand hand, Optional<String> maintenance, Instant now) {
        return new StatsLine(
                        worker,
                        pictures + hand.ids(),
                        good,
                        failed,
                        censored,
                        kudos.perHour(now),
                        kudos.perActiveHour(),
                        kudos.session().kudos(),
                        hand.pending(),
                        hand.orders() > 0 ? Duration.ZERO : Duration.between(lastJob, now),
                        maintenance)
                .text();
    }
}
