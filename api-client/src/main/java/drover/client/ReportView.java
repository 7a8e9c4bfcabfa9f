package drover.client;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * How the attempts fared that ended within a period, and how long requesters waited.
 *
 * <p>An attempt <em>failed</em> if it stalled, crashed its process, ended with an error, lost its result, or was too slow
 * for its deadline. It was <em>interrupted</em> if it was handed back, its node was killed from outside, or its job ended
 * over it: that speaks neither for nor against anything, so every rate is a share of those that succeeded or failed.
 *
 * @param from begin of the period
 * @param to its end
 * @param node the one node it is about, if it is about one
 * @param model the one model it is about, if it is about one
 * @param total all attempts
 * @param requesters what those who ordered jobs waited for
 * @param nodes the attempts of each node, those with most failures first
 * @param models the attempts with each model, those with most failures first
 * @param clusters where failures cluster, the clearest first; the same attempt is in many of them
 * @param timeline attempts by the time at which they ended, in slices of one length
 * @param notes what was left out, if anything
 */
public record ReportView(
        Instant from,
        Instant to,
        Optional<String> node,
        Optional<String> model,
        CountsView total,
        RequestersView requesters,
        List<GroupView> nodes,
        List<GroupView> models,
        List<ClusterView> clusters,
        List<SliceView> timeline,
        List<String> notes) {
    public ReportView {
        nodes = List.copyOf(nodes);
        models = List.copyOf(models);
        clusters = List.copyOf(clusters);
        timeline = List.copyOf(timeline);
        notes = List.copyOf(notes);
    }

    /**
     * A share of few or many.
     *
     * @param count how many
     * @param of out of how many
     * @param rate count ÷ of, 0 to 1; 0 out of none
     * @param low lower end of the 95 % Wilson score interval: with few, far below the rate
     * @param high its upper end
     */
    public record RateView(long count, long of, double rate, double low, double high) {}

    /**
     * Attempts.
     *
     * @param attempts how many ended
     * @param jobs of how many jobs
     * @param success those that succeeded, of those that succeeded or failed; the same for the five kinds of failure
     * @param stalled given up by a watchdog
     * @param crashed their process ended by its own doing
     * @param errors the engine said why
     * @param resultsLost their results could not be found when they were to be delivered
     * @param tooSlow they would have come after their deadline
     * @param interrupted neither succeeded nor failed
     * @param nodeLost of these, those whose process was killed from outside or whose host was lost
     * @param handedBack of these, those given back by a drain, a restart or an operator
     * @param abandoned of these, those whose job was cancelled or expired meanwhile
     * @param stallSeconds time from assignment to end of those that stalled
     * @param lostSeconds the same of all that gave no result
     */
    public record CountsView(
            long attempts,
            long jobs,
            RateView success,
            RateView stalled,
            RateView crashed,
            RateView errors,
            RateView resultsLost,
            RateView tooSlow,
            long interrupted,
            long nodeLost,
            long handedBack,
            long abandoned,
            double stallSeconds,
            double lostSeconds) {
        /** How many failed, whatever the kind. */
        public long failures() {
            return success.of() - success.count();
        }
    }

    /**
     * The attempts of one node, or with one model.
     *
     * @param phases seconds in each phase, in the order of an attempt: {@code queued} (before the attempt), {@code
     *     assigned} (until its first progress), then of those that succeeded {@code download}, {@code load}, {@code
     *     encode}, {@code step} (one of the steps, by their number), {@code decode}, {@code post_process}, {@code check},
     *     {@code upload} and {@code deliver}; what was never measured is not there
     */
    public record GroupView(String name, CountsView counts, SequencedMap<String, PhaseView> phases) {
        public GroupView {
            phases = new LinkedHashMap<>(phases);
        }
    }

    /** Seconds: half took no longer than {@code p50}, 95 of 100 no longer than {@code p95}. Within 1 %. */
    public record PhaseView(long count, double p50, double p95) {}

    /**
     * Attempts that have something in common, against all others.
     *
     * @param dimension {@code node}, {@code model}, {@code size}, {@code steps}, {@code sampler}, {@code feature},
     *     {@code configuration} (all of these that are the job's own), or {@code node and model}
     * @param value such as {@code gpu1}
     * @param failures the share of its attempts that failed
     * @param elsewhere the same of all other attempts
     * @param failedJobs how many jobs the failures are of: many of one job say something about the job
     * @param shareOfFailures of all failures, how many are here, 0 to 1
     * @param shareOfAttempts of all attempts that succeeded or failed, how many are here, 0 to 1
     * @param overRepresented shareOfFailures ÷ shareOfAttempts: 1 is what chance would give
     * @param verdict {@code clear}: the intervals do not overlap; {@code unsure}: more failures than elsewhere, but chance
     *     may have done it; {@code too_few}: fewer than 20 attempts, here or elsewhere, or failures of fewer than 5 jobs;
     *     {@code not_more}
     */
    public record ClusterView(
            String dimension,
            String value,
            RateView failures,
            RateView elsewhere,
            long failedJobs,
            double shareOfFailures,
            double shareOfAttempts,
            double overRepresented,
            String verdict) {}

    /**
     * What those who ordered jobs got, and how long they waited. About jobs that ended within the period; with a node,
     * about those of them that it had at some time.
     *
     * @param ended jobs by how they ended: {@code delivered}, {@code faulted} and so on
     * @param faults jobs that were given up or expired, by the code of the reason, the most frequent first
     * @param submittedToDelivered seconds each delivered job took in all
     * @param waitedSeconds the sum of these
     * @param lostSeconds of this sum, what went into attempts without a result: from each one's assignment to the next
     *     one's
     * @param tenants the same of each tenant, the one that waited longest in all first
     */
    public record RequestersView(
            Map<String, Long> ended,
            SequencedMap<String, Long> faults,
            PhaseView submittedToDelivered,
            double waitedSeconds,
            double lostSeconds,
            List<TenantView> tenants) {
        public RequestersView {
            ended = Map.copyOf(ended);
            faults = new LinkedHashMap<>(faults);
            tenants = List.copyOf(tenants);
        }
    }

    /**
     * What one tenant waited.
     *
     * @param ended how many of its jobs ended, in whatever way
     * @param submittedToDelivered seconds each of those took in all that were delivered
     * @param waitedSeconds the sum of these
     * @param lostSeconds of this sum, what went into attempts without a result
     */
    public record TenantView(
            String name, long ended, PhaseView submittedToDelivered, double waitedSeconds, double lostSeconds) {}

    /** Attempts that ended between this moment and the next slice's. */
    public record SliceView(Instant from, long succeeded, long failed, long interrupted) {}
}
