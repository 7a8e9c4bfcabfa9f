package drover.http;

import static org.assertj.core.api.Assertions.assertThat;

import drover.feed.JobFeed.News;
import drover.inference.AttemptId;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.inference.Phase;
import drover.inference.Position;
import drover.inference.Sampler;
import drover.job.Job;
import drover.job.JobEvent;
import drover.job.Priority;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EventBufferTest {
    private static News progress(int step) {
        return new News.Progress(
                "e-" + step, new AttemptId(new JobId("a"), 1), new Position(Phase.DENOISING, step, 100_000));
    }

    private static News state(String id) {
        ImageRequest request =
                new ImageRequest("emoji", "x", "", 32, 32, 10, Sampler.EULER, 7.5, 42, 1, 1, Optional.empty());
        Instant noon = Instant.parse("2026-03-01T12:00:00Z");
        return new News.State(id, Job.of(new JobEvent.Accepted(new JobId("a"), noon, request, Priority.NORMAL, noon)));
    }

    @Test
    void aReaderThatSleepsLosesOldProgressButNoState() {
        EventBuffer buffer = EventBuffer.of(state("first"), 5);
        for (int i = 0; i < 50_000; i++) {
            buffer.add(progress(i));
            if (i == 10) {
                buffer.add(state("second"));
            }
        }
        buffer.add(state("last"));

        assertThat(buffer.content())
                .extracting(News::eventId)
                .containsExactly("first", "second", "e-49995", "e-49996", "e-49997", "e-49998", "e-49999", "last");
    }
}
