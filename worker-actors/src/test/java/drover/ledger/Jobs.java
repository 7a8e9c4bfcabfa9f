package drover.ledger;

import drover.inference.AssetRef;
import drover.inference.AttemptId;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.inference.Sampler;
import drover.job.AttemptOutcome;
import drover.job.Fault;
import drover.job.JobEvent;
import drover.job.Priority;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Events to make jobs of. */
public final class Jobs {
    public static final Instant NOON = Instant.parse("2026-03-01T12:00:00.123456Z");

    private Jobs() {}

    public static ImageRequest request() {
        return new ImageRequest(
                "emoji", "a red \"apple\" 🍎\u0000", "", 32, 32, 10, Sampler.EULER, 7.5, 42, 1, 1, Optional.empty());
    }

    public static JobEvent.Accepted accepted(String id) {
        return new JobEvent.Accepted(new JobId(id), NOON, request(), Priority.NORMAL, NOON.plusSeconds(150));
    }

    public static AttemptId attempt(String id, int number) {
        return new AttemptId(new JobId(id), number);
    }

    public static JobEvent.Assigned assigned(String id, int number) {
        return new JobEvent.Assigned(attempt(id, number), NOON.plusSeconds(number), "gpu0");
    }

    public static JobEvent.Started started(String id, int number) {
        return new JobEvent.Started(attempt(id, number), NOON.plusSeconds(number));
    }

    public static JobEvent.AttemptEnded stalled(String id, int number) {
        return new JobEvent.AttemptEnded(
                attempt(id, number), NOON.plusSeconds(number), AttemptOutcome.STALLED, "no advance for 15 s");
    }

    public static JobEvent.Produced produced(String id, int number, AssetRef... assets) {
        return new JobEvent.Produced(attempt(id, number), NOON.plusSeconds(number), List.of(assets));
    }

    public static JobEvent.Delivered delivered(String id) {
        return new JobEvent.Delivered(new JobId(id), NOON.plusSeconds(60));
    }

    public static JobEvent.Faulted faulted(String id) {
        return new JobEvent.Faulted(new JobId(id), NOON.plusSeconds(60), new Fault("drover:job.poison", "gave up"));
    }

    public static JobEvent.Cancelled cancelled(String id) {
        return new JobEvent.Cancelled(new JobId(id), NOON.plusSeconds(60));
    }

    public static JobEvent.Expired expired(String id) {
        return new JobEvent.Expired(new JobId(id), NOON.plusSeconds(200), "too late");
    }
}
