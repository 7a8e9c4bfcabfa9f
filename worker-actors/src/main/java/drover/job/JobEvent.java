package drover.job;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import drover.inference.AssetRef;
import drover.inference.AttemptId;
import drover.inference.CborSerializable;
import drover.inference.InferenceRequest;
import drover.inference.JobId;
import drover.inference.Position;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** What can happen to a job. A job's state is a pure fold over its events. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "event")
@JsonSubTypes({
    @JsonSubTypes.Type(value = JobEvent.Accepted.class, name = "accepted"),
    @JsonSubTypes.Type(value = JobEvent.Assigned.class, name = "assigned"),
    @JsonSubTypes.Type(value = JobEvent.Started.class, name = "started"),
    @JsonSubTypes.Type(value = JobEvent.AttemptEnded.class, name = "attempt-ended"),
    @JsonSubTypes.Type(value = JobEvent.Produced.class, name = "produced"),
    @JsonSubTypes.Type(value = JobEvent.Delivered.class, name = "delivered"),
    @JsonSubTypes.Type(value = JobEvent.Faulted.class, name = "faulted"),
    @JsonSubTypes.Type(value = JobEvent.Cancelled.class, name = "cancelled"),
    @JsonSubTypes.Type(value = JobEvent.Expired.class, name = "expired")
})
public sealed interface JobEvent extends CborSerializable {
    /** The job it happened to. */
    JobId job();

    /** When. */
    Instant at();

    /**
     * The job has been taken on.
     *
     * @param deadline when an answer is of no more use
     * @param tenant whose job it is
     * @param source in whose order book the job stands and where its answer goes; empty for jobs of the public API
     */
    record Accepted(
            JobId job,
            Instant at,
            InferenceRequest request,
            Priority priority,
            Instant deadline,
            Tenant tenant,
            Optional<String> source)
            implements JobEvent {
        public Accepted {
            // Absent in events from before there were tenants.
            tenant = Objects.requireNonNullElse(tenant, Tenant.DEFAULT);
            source = Objects.requireNonNullElse(source, Optional.empty());
        }

        /** A job of the public API. */
        public Accepted(
                JobId job, Instant at, InferenceRequest request, Priority priority, Instant deadline, Tenant tenant) {
            this(job, at, request, priority, deadline, tenant, Optional.empty());
        }

        /** A job of the default tenant. */
        public Accepted(JobId job, Instant at, InferenceRequest request, Priority priority, Instant deadline) {
            this(job, at, request, priority, deadline, Tenant.DEFAULT);
        }
    }

    /** An attempt was given to a node. */
    record Assigned(AttemptId attempt, Instant at, String node) implements JobEvent {
        @Override
        public JobId job() {
            return attempt.job();
        }
    }

    /** The attempt made its first progress. */
    record Started(AttemptId attempt, Instant at) implements JobEvent {
        @Override
        public JobId job() {
            return attempt.job();
        }
    }

    /**
     * The attempt ended without a result; the job waits again.
     *
     * @param position the highest position that it is known to have reached
     * @param timings what its node measured; {@link AttemptTimings#NONE} if the node could not say
     */
    record AttemptEnded(
            AttemptId attempt,
            Instant at,
            AttemptOutcome outcome,
            String reason,
            Optional<Position> position,
            AttemptTimings timings)
            implements JobEvent {
        public AttemptEnded {
            timings = AttemptTimings.orNone(timings);
        }

        /** An attempt of which nothing more is known. */
        public AttemptEnded(AttemptId attempt, Instant at, AttemptOutcome outcome, String reason) {
            this(attempt, at, outcome, reason, Optional.empty(), AttemptTimings.NONE);
        }

        @Override
        public JobId job() {
            return attempt.job();
        }
    }

    /** The attempt's results are in the asset store; its node measured these times. */
    record Produced(AttemptId attempt, Instant at, List<AssetRef> assets, AttemptTimings timings) implements JobEvent {
        public Produced {
            assets = List.copyOf(assets);
            timings = AttemptTimings.orNone(timings);
        }

        /** Results of an attempt that was not timed. */
        public Produced(AttemptId attempt, Instant at, List<AssetRef> assets) {
            this(attempt, at, assets, AttemptTimings.NONE);
        }

        @Override
        public JobId job() {
            return attempt.job();
        }
    }

    /** Whoever ordered the job has been answered, or can fetch the answer. */
    record Delivered(JobId job, Instant at) implements JobEvent {}

    /** The job was given up. */
    record Faulted(JobId job, Instant at, Fault fault) implements JobEvent {}

    /** The job was withdrawn by its caller. */
    record Cancelled(JobId job, Instant at) implements JobEvent {}

    /** The job's deadline passed or could not be kept. */
    record Expired(JobId job, Instant at, String reason) implements JobEvent {}
}
