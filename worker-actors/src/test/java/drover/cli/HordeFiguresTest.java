package drover.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import drover.source.server.History;
import drover.source.server.LocalHorde;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a worker adds to a job, as the server sees it, and what it costs to ask for jobs. The fault engine draws in next to
 * no time, so all that is left is the worker's own, and two HTTP calls on loopback. The figures are printed; what is
 * asserted leaves room for a slow and busy machine.
 */
@Tag("long")
class HordeFiguresTest {
    private static final int WARM_UP = 100;
    private static final int JOBS = 200;
    private static final Duration LONGEST = Duration.ofMinutes(8);
    private static final Duration IDLE = Duration.ofSeconds(30);

    private static ActorTestKit kit;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path folder;

    @BeforeAll
    static void start() {
        kit = ActorTestKit.create();
    }

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void theWorkerAddsLittle() throws Exception {
        try (HordeHost host = new HordeHost(kit.system(), folder, LocalHorde.Settings.REAL, "queue_size: 0", """
                fault { load-time = 0s, encode-time = 0s, step-time = 0s, decode-time = 0s }
                """)) {
            host.start();
            for (int i = 0; i < WARM_UP; i++) {
                host.order(1, 1);
            }
            host.awaitDone(LONGEST);
            for (int i = 0; i < JOBS; i++) {
                host.order(1, 1);
            }
            host.awaitDone(LONGEST);

            Histogram whole = new Histogram(3);
            Histogram submit = new Histogram(3);
            List<History> all = host.horde.histories();
            for (History history : all.subList(all.size() - JOBS, all.size())) {
                History.Submit accepted = history.accepted().orElseThrow();
                whole.recordValue(
                        Duration.between(history.popped(), accepted.at()).toMillis());
                submit.recordValue(Duration.between(history.puts().getLast().at(), accepted.at())
                        .toMillis());
            }
            System.out.printf(
                    "from pop to submit with an engine that takes no time: p50 %d ms, p99 %d ms%n",
                    whole.getValueAtPercentile(50), whole.getValueAtPercentile(99));
            System.out.printf(
                    "from upload to submit: p50 %d ms, p99 %d ms%n",
                    submit.getValueAtPercentile(50), submit.getValueAtPercentile(99));

            Duration before = host.process.processorTime();
            long started = System.nanoTime();
            await().atMost(IDLE.multipliedBy(2)).until(() -> System.nanoTime() - started >= IDLE.toNanos());
            double cores =
                    host.process.processorTime().minus(before).toNanos() / (double) (System.nanoTime() - started);
            System.out.printf("while polling: %.2f %% of a core%n", cores * 100);

            assertThat(host.horde.audit()).isEmpty();
            assertThat(submit.getValueAtPercentile(50)).isLessThan(150);
            assertThat(cores).isLessThan(0.2);
            assertThat(host.process.end()).isZero();
        }
    }
}
