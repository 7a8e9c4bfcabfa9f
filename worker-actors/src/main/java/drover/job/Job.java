package drover.job;

import drover.inference.AssetRef;
import drover.inference.AttemptId;
import drover.inference.CborSerializable;
import drover.inference.InferenceRequest;
import drover.inference.JobId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A job as its events have made it. {@link #apply} is the only way it changes.
 *
 * @param id the job
 * @param request what was asked for
 * @param priority how urgent
 * @param state where it is
 * @param accepted when it was taken on
 * @param deadline when an answer is of no more use
 * @param changed when it last changed
 * @param attempts all attempts, oldest first
 * @param assets the results, once produced
 * @param fault why it was given up, if it was
 * @param tenant whose job it is
 * @param source in whose order book the job stands and where its answer goes; empty for jobs of the public API
 */
public record Job(
        JobId id,
        InferenceRequest request,
        Priority priority,
        JobState state,
        Instant accepted,
        Instant deadline,
        Instant changed,
        List<Attempt> attempts,
        List<AssetRef> assets,
        Optional<Fault> fault,
        Tenant tenant,
        Optional<String> source)
        implements CborSerializable {

    public Job {
        attempts = List.copyOf(attempts);
        assets = List.copyOf(assets);
        // Absent in the body of a job from before there were tenants.
        tenant = Objects.requireNonNullElse(tenant, Tenant.DEFAULT);
        // The same from before there were sources.
        source = Objects.requireNonNullElse(source, Optional.empty());
    }

    /** A job at the start of its life. */
    public static Job of(JobEvent.Accepted event) {
        return new Job(
                event.job(),
                event.request(),
                event.priority(),
                JobState.QUEUED,
                event.at(),
                event.deadline(),
                event.at(),
                List.of(),
                List.of(),
                Optional.empty(),
                event.tenant(),
                event.source());
    }

    /** The attempt that is out now, or was last. */
    public Optional<AttemptId> lastAttempt() {
        return attempts.isEmpty()
                ? Optional.empty()
                : Optional.of(new AttemptId(id, attempts.getLast().number()));
    }

    /** The number the next attempt gets. */
    public AttemptId nextAttempt() {
        return lastAttempt().map(AttemptId::next).orElseGet(() -> new AttemptId(id, 1));
    }

    /**
     * This job after the event.
     *
     * @throws IllegalTransitionException if the event cannot happen now, also when it speaks of an old attempt
     */
    public Job apply(JobEvent event) {
        return switch (event) {
            case JobEvent.Accepted e -> throw new IllegalTransitionException(this, e);
            case JobEvent.Assigned e -> {
                check(e, JobState.ASSIGNED, e.attempt().equals(nextAttempt()));
                List<Attempt> all = new ArrayList<>(attempts);
                all.add(Attempt.assigned(e.attempt().number(), e.node(), e.at()));
                yield with(JobState.ASSIGNED, e.at(), all, assets, fault);
            }
            case JobEvent.Started e -> {
                check(e, JobState.RUNNING, isCurrent(e.attempt()));
                yield with(
                        JobState.RUNNING, e.at(), replaceLast(attempts.getLast().withStart(e.at())), assets, fault);
            }
            case JobEvent.AttemptEnded e -> {
                check(e, JobState.QUEUED, isCurrent(e.attempt()));
                yield with(
                        JobState.QUEUED, e.at(), replaceLast(attempts.getLast().withFailure(e)), List.of(), fault);
            }
            case JobEvent.Produced e -> {
                check(e, JobState.PRODUCED, isCurrent(e.attempt()));
                yield with(
                        JobState.PRODUCED,
                        e.at(),
                        replaceLast(attempts.getLast().withSuccess(e)),
                        e.assets(),
                        fault);
            }
            case JobEvent.Delivered e -> {
                check(e, JobState.DELIVERED, true);
                yield with(JobState.DELIVERED, e.at(), attempts, assets, fault);
            }
            case JobEvent.Faulted e -> {
                check(e, JobState.FAULTED, true);
                yield with(JobState.FAULTED, e.at(), attempts, assets, Optional.of(e.fault()));
            }
            case JobEvent.Cancelled e -> {
                check(e, JobState.CANCELLED, true);
                yield with(JobState.CANCELLED, e.at(), attempts, assets, fault);
            }
            case JobEvent.Expired e -> {
                check(e, JobState.EXPIRED, true);
                yield with(
                        JobState.EXPIRED,
                        e.at(),
                        attempts,
                        assets,
                        Optional.of(new Fault("drover:job.expired", e.reason())));
            }
        };
    }

    /**
     * How long the job waited for this attempt: from its acceptance, or the end of the attempt before, to the assignment.
     *
     * @param attempt one of {@link #attempts}
     */
    public Duration waited(Attempt attempt) {
        Instant since = attempts.stream()
                .filter(a -> a.number() == attempt.number() - 1)
                .findFirst()
                .flatMap(Attempt::ended)
                .orElse(accepted);
        return Duration.between(since, attempt.assigned());
    }

    private boolean isCurrent(AttemptId attempt) {
        return lastAttempt().filter(attempt::equals).isPresent();
    }

    private void check(JobEvent event, JobState next, boolean attemptFits) {
        if (!event.job().equals(id) || !attemptFits || !state.successors().contains(next)) {
            throw new IllegalTransitionException(this, event);
        }
    }

    private List<Attempt> replaceLast(Attempt attempt) {
        List<Attempt> all = new ArrayList<>(attempts);
        all.set(all.size() - 1, attempt);
        return all;
    }

    private Job with(
            JobState next,
            Instant at,
            List<Attempt> nextAttempts,
            List<AssetRef> nextAssets,
            Optional<Fault> nextFault) {
        return new Job(
                id,
                request,
                priority,
                next,
                accepted,
                deadline,
                at,
                nextAttempts,
                nextAssets,
                nextFault,
                tenant,
                source);
    }
}
