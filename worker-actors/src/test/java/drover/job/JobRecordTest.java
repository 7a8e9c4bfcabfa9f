package drover.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import drover.inference.AttemptId;
import drover.inference.HiresFix;
import drover.inference.ImageFeatures;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.inference.Phase;
import drover.inference.Position;
import drover.inference.Sampler;
import drover.job.AttemptTimings.PhaseTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a job's record tells about tenant, work and time. */
class JobRecordTest {
    private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");
    private static final AttemptId FIRST = new AttemptId(new JobId("a"), 1);

    @Test
    void theRecordTellsHowLongTheJobWaitedAndWhereItsTimeWent() {
        AttemptTimings timings = new AttemptTimings(
                List.of(new PhaseTime(Phase.DENOISING, Duration.ofSeconds(4), 20, Duration.ofMillis(300))));
        Position at = new Position(Phase.DENOISING, 5, 20);
        Job job = Job.of(new JobEvent.Accepted(
                        FIRST.job(),
                        T0,
                        request(512, 512, 20, 1),
                        Priority.NORMAL,
                        T0.plusSeconds(150),
                        new Tenant("shop")))
                .apply(new JobEvent.Assigned(FIRST, T0.plusSeconds(3), "gpu0"))
                .apply(new JobEvent.Started(FIRST, T0.plusSeconds(4)))
                .apply(new JobEvent.AttemptEnded(
                        FIRST, T0.plusSeconds(9), AttemptOutcome.STALLED, "hung", Optional.of(at), timings))
                .apply(new JobEvent.Assigned(FIRST.next(), T0.plusSeconds(11), "gpu1"));

        assertThat(job.tenant()).isEqualTo(new Tenant("shop"));
        assertThat(job.waited(job.attempts().getFirst())).isEqualTo(Duration.ofSeconds(3));
        assertThat(job.waited(job.attempts().getLast())).isEqualTo(Duration.ofSeconds(2));
        assertThat(job.attempts().getFirst().untilStart()).contains(Duration.ofSeconds(1));
        assertThat(job.attempts().getFirst().position()).contains(at);
        assertThat(job.attempts().getFirst().timings()).isEqualTo(timings);
        assertThat(job.attempts().getLast().timings()).isEqualTo(AttemptTimings.NONE);
    }

    @ParameterizedTest
    @CsvSource({"512, 512, 20, 1, 5.24288", "1024, 1024, 30, 2, 62.91456", "8, 8, 1, 1, 0.000064"})
    void workIsCountedInMegapixelSteps(int width, int height, int steps, int count, double expected) {
        assertThat(Work.mega((double) Work.of(request(width, height, steps, count))))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "640, 640, 10, 1, 5.48864", // 512x512 for 10 steps, then 640x640 for 7.
        "2048, 2048, 30, 2, 314.5728", // 1024x1024 for 30 steps, then 2048x2048 for 30.
        "512, 512, 20, 3, 15.72864" // The model paints this in one pass.
    })
    void aSecondPassCounts(int width, int height, int steps, int count, double expected) {
        ImageRequest plain = request(width, height, steps, count);
        ImageRequest twice = plain.with(new ImageFeatures(
                Optional.empty(),
                List.of(),
                Optional.empty(),
                false,
                Optional.of(new HiresFix(HiresFix.DEFAULT_STRENGTH)),
                List.of()));
        assertThat(Work.mega((double) Work.of(twice))).isEqualTo(expected);
        assertThat(Work.of(twice)).isGreaterThanOrEqualTo(Work.of(plain));
    }

    @Test
    void sizesOfOneClassDifferByLittle() {
        assertThat(WorkKind.of(request(512, 512, 20, 1))).isEqualTo(WorkKind.of(request(512, 576, 30, 3)));
        assertThat(WorkKind.of(request(512, 512, 20, 1))).isNotEqualTo(WorkKind.of(request(768, 512, 20, 1)));
        assertThat(WorkKind.of(request(512, 512, 20, 1)).describe()).isEqualTo("0.26 MP, guided");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-a", "A", "a b", "ä", "a/b", "\n"})
    void aTenantsNameIsPlain(String name) {
        assertThat(Tenant.isName(name)).isFalse();
        assertThatIllegalArgumentException().isThrownBy(() -> new Tenant(name));
    }

    private static ImageRequest request(int width, int height, int steps, int count) {
        return new ImageRequest("m", "x", "", width, height, steps, Sampler.EULER, 5, 1, 1, count, Optional.empty());
    }
}
