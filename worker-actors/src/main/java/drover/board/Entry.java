package drover.board;

import drover.inference.ImageRequest;
import drover.inference.Position;
import drover.inference.SafetyPolicy;
import drover.job.Job;
import drover.job.Tenant;
import drover.job.Work;
import drover.job.WorkKind;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A job on the board. */
final class Entry {
    /** In pixel-steps; see {@link Work}. */
    final long work;

    final WorkKind kind;

    /** Whether its pictures may not leave unless they have been looked at. */
    final boolean needsCheck;

    Job job;

    /** Nodes that failed it; it goes back to one of them only if no other can take it, and not before {@link #backAt}. */
    Set<String> avoid = Set.of();

    Instant backAt = Instant.MIN;

    /** How often another tenant's job has gone before it for the sake of a model in memory. */
    int passedOver;

    /** Whether it is counted as waiting. */
    boolean waiting;

    /** Whether it is counted as made and not delivered. */
    boolean produced;

    /** Whether its work is counted as pending. */
    boolean pending;

    /** Whether its model had to be loaded for the attempt that is out. */
    boolean cold;

    Projection projection = new Projection();

    @Nullable SlotId slot;

    @Nullable Position position;

    Entry(Job job) {
        this.job = job;
        this.work = Work.of(job.request());
        this.kind = WorkKind.of(job.request());
        this.needsCheck = switch (job.request()) {
            case ImageRequest it -> it.safety().filter(SafetyPolicy::required).isPresent();
        };
    }

    String model() {
        return kind.model();
    }

    Tenant tenant() {
        return job.tenant();
    }
}
