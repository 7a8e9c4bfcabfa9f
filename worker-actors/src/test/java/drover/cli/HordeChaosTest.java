package drover.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import drover.source.server.Audit;
import drover.source.server.History;
import drover.source.server.LocalHorde;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** GPU processes are killed and frozen at random while the Horde's jobs run on them. */
@Tag("processes")
class HordeChaosTest {
    /** The whole measure is 500: {@code mvn test -Dtest=HordeChaosTest -Dhorde.jobs=500}. */
    private static final int JOBS = Integer.getInteger("horde.jobs", 150);

    private static final Duration LONGEST = Duration.ofMinutes(8);

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
    void everyIdIsAnsweredOnceAndNothingGoesStale() throws Exception {
        Random random = new Random(20_261_121);
        try (HordeHost host = new HordeHost(kit.system(), folder, LocalHorde.Settings.REAL, """
                max_threads: 2
                queue_size: 3
                """, """
                nodes { gpus = [cpu, cpu], silence-timeout = 3s }
                watchdog { control-margin = 2s, preload-timeout = 10s, inference-step-timeout = 5s }
                recovery {
                  backoff-max = 1s, quarantine-after = 1000, max-attempts = 20, return-max = 1s
                  poison-nodes = 1000, poison-repeats = 1000, model-nodes = 1000
                }
                board { suspend-after = 1000 }
                """)) {
            host.start();
            for (int i = 0; i < JOBS; i++) {
                host.order(1, 10);
            }
            int hits = 0;
            while (!host.horde.finished()) {
                int answered = answered(host);
                assertThat(hits).as("hits before all is done").isLessThan(200);
                // The next one comes when so much more is done, however long that takes.
                await().atMost(LONGEST)
                        .pollInterval(Duration.ofMillis(50))
                        .until(() -> host.horde.finished() || answered(host) >= answered + 25);
                List<ProcessHandle> nodes = host.process.children();
                if (!nodes.isEmpty() && !host.horde.finished()) {
                    hit(nodes.get(random.nextInt(nodes.size())), random.nextBoolean());
                    hits++;
                }
            }

            assertThat(hits).isGreaterThanOrEqualTo(JOBS / 30);
            List<History> all = host.horde.histories();
            List<Audit.Violation> violations = host.horde.audit();
            System.out.printf(
                    "%d ids of %d jobs, %d hits, %d faulted, %d violations%n",
                    all.size(),
                    JOBS,
                    hits,
                    all.stream()
                            .filter(it ->
                                    it.accepted().filter(History.Submit::fault).isPresent())
                            .count(),
                    violations.size());
            assertThat(violations).isEmpty();
            assertThat(all.stream()
                            .filter(it -> it.accepted()
                                    .filter(submit -> !submit.fault())
                                    .isPresent()))
                    .hasSize(JOBS);
            assertThat(host.process.end()).isZero();
        }
    }

    private static int answered(HordeHost host) {
        return (int) host.horde.histories().stream()
                .filter(it -> it.accepted().isPresent())
                .count();
    }

    /** Killed, or frozen until it is replaced. */
    private static void hit(ProcessHandle node, boolean freeze) throws Exception {
        new ProcessBuilder("kill", freeze ? "-STOP" : "-KILL", Long.toString(node.pid()))
                .start()
                .waitFor();
    }
}
