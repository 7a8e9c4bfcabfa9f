package drover.report;

import drover.inference.AssetRef;
import drover.inference.AttemptId;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.inference.Phase;
import drover.inference.Sampler;
import drover.job.AttemptOutcome;
import drover.job.AttemptTimings;
import drover.job.AttemptTimings.PhaseTime;
import drover.job.Fault;
import drover.job.Job;
import drover.job.JobEvent;
import drover.job.Priority;
import drover.job.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Makes up the lives of jobs. */
public final class ReportJobs {
    public static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

    private static final List<Phase> PHASES =
            List.of(Phase.LOADING, Phase.ENCODING, Phase.DENOISING, Phase.DECODING, Phase.UPLOADING);

    private final RandomGenerator random;

    /** Always the same ones for the same seed. */
    public ReportJobs(long seed) {
        this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    /** What has happened to one job so far, which was accepted within two hours before noon. */
    public List<JobEvent> life(String id) {
        JobId job = new JobId(id);
        Instant now = NOON.minusMillis(random.nextInt(7_200_000));
        List<JobEvent> events = new ArrayList<>();
        Tenant tenant = new Tenant("tenant" + Math.floorMod(id.hashCode(), 3));
        events.add(new JobEvent.Accepted(job, now, request(), Priority.NORMAL, now.plusSeconds(900), tenant));
        int most = random.nextInt(5);
        for (int number = 1; number <= most; number++) {
            AttemptId attempt = new AttemptId(job, number);
            now = later(now, 60_000);
            events.add(new JobEvent.Assigned(attempt, now, "gpu" + random.nextInt(4)));
            if (random.nextInt(10) > 0) {
                now = later(now, 500);
                events.add(new JobEvent.Started(attempt, now));
            }
            now = later(now, 60_000);
            int fate = random.nextInt(10);
            if (fate < 4) {
                AttemptOutcome[] outcomes = AttemptOutcome.values();
                events.add(new JobEvent.AttemptEnded(
                        attempt, now, outcomes[random.nextInt(outcomes.length)], "why", Optional.empty(), timings()));
            } else if (fate < 8) {
                events.add(new JobEvent.Produced(
                        attempt, now, List.of(new AssetRef("k", "image/png", 1, "0", 1)), timings()));
                if (random.nextInt(10) > 0) {
                    events.add(new JobEvent.Delivered(job, later(now, 2_000)));
                }
                return events;
            } else if (fate == 8) {
                events.add(new JobEvent.Cancelled(job, now));
                return events;
            } else {
                return events; // It runs.
            }
        }
        if (random.nextBoolean()) {
            events.add(new JobEvent.Faulted(job, later(now, 1_000), new Fault("drover:job.poison", "gave up")));
        }
        return events;
    }

    /** The job after its life. */
    public static Job job(List<JobEvent> life) {
        Job job = Job.of((JobEvent.Accepted) life.getFirst());
        for (JobEvent event : life.subList(1, life.size())) {
            job = job.apply(event);
        }
        return job;
    }

    private Instant later(Instant at, int millis) {
        return at.plusMillis(random.nextInt(millis));
    }

    private AttemptTimings timings() {
        List<PhaseTime> times = new ArrayList<>();
        for (Phase phase : PHASES) {
            if (random.nextInt(5) > 0) {
                int steps = phase == Phase.DENOISING ? random.nextInt(30) : 1;
                times.add(
                        new PhaseTime(phase, Duration.ofNanos(random.nextLong(20_000_000_000L)), steps, Duration.ZERO));
            }
        }
        return new AttemptTimings(times);
    }

    private ImageRequest request() {
        int side = 64 << random.nextInt(4);
        return new ImageRequest(
                "model" + random.nextInt(3),
                "a picture",
                random.nextBoolean() ? "" : "ugly",
                side,
                side,
                1 + random.nextInt(150),
                random.nextBoolean() ? Sampler.EULER : Sampler.DDIM,
                random.nextBoolean() ? 1 : 7.5,
                1,
                1 + random.nextInt(2),
                1 + random.nextInt(2),
                Optional.empty());
    }
}
