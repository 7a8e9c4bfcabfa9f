package drover.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LeftoversTest {
    @TempDir
    Path data;

    private interface Body {
        void run(Process child) throws IOException, InterruptedException;
    }

    /** With a child that ends in a minute at the latest. */
    private static void withChild(Body body) throws IOException, InterruptedException {
        Process child = new ProcessBuilder("sleep", "60").start();
        try {
            body.run(child);
        } finally {
            child.destroyForcibly().waitFor();
        }
    }

    @Test
    void aChildLeftBehindIsEndedAlsoWhenItIsStopped() throws IOException, InterruptedException {
        withChild(child -> {
            new Leftovers(data).remember("gpu0", 3, child.toHandle());
            assertThat(new ProcessBuilder("kill", "-STOP", Long.toString(child.pid()))
                            .start()
                            .waitFor())
                    .isZero();

            assertThat(new Leftovers(data).endAll()).containsExactly(child.pid());

            assertThat(child.onExit()).succeedsWithin(Duration.ofSeconds(5));
            assertThat(new Leftovers(data).endAll()).isEmpty();
        });
    }

    @Test
    void aStrangerWithTheSameIdIsLeftAlone() throws IOException, InterruptedException {
        withChild(child -> {
            new Leftovers(data).remember("gpu0", 3, child.toHandle());
            Path file = data.resolve("children/gpu0-3.pid");
            Instant start = child.info().startInstant().orElseThrow();
            Files.writeString(file, child.pid() + " " + start.minus(Leftovers.TOLERANCE.plusSeconds(1)));

            assertThat(new Leftovers(data).endAll()).isEmpty();

            assertThat(child.isAlive()).isTrue();
            assertThat(file).doesNotExist();
        });
    }

    @Test
    void aChildThatHasEndedIsForgotten() throws IOException, InterruptedException {
        withChild(child -> {
            Leftovers leftovers = new Leftovers(data);
            leftovers.remember("gpu0", 3, child.toHandle());
            leftovers.forget("gpu0", 3);

            assertThat(leftovers.endAll()).isEmpty();
            assertThat(child.isAlive()).isTrue();
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "x y", "1 yesterday", "-5 2026-01-01T00:00:00Z", "99999999999999999999 x"})
    void aDamagedRecordEndsNobody(String content) throws IOException {
        Files.createDirectories(data.resolve("children"));
        Files.writeString(data.resolve("children/gpu0-3.pid"), content);

        assertThat(new Leftovers(data).endAll()).isEmpty();
    }

    @Test
    void withoutARecordThereIsNothingToEnd() throws IOException {
        assertThat(new Leftovers(data.resolve("new")).endAll()).isEmpty();
    }
}
