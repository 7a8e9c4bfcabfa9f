package drover.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import drover.source.server.Faults.Fault;
import drover.source.server.Faults.Target;
import drover.source.server.Faults.When;
import drover.source.server.History;
import drover.source.server.LocalHorde;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** The control process is killed at each step between pop and submit; each picture is answered once all the same. */
@Tag("long")
class HordeRestartTest {
    private static final Duration RECOVERY = Duration.ofSeconds(90);

    private static ActorTestKit kit;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path folder;

    /** When it is killed. */
    private enum Step {
        WHILE_IT_IS_DRAWN(Target.POP, false, false),
        BEFORE_THE_STORE_HAS_IT(Target.PUT, false, false),
        WHEN_THE_STORE_HAS_IT(Target.PUT, true, false),
        BEFORE_THE_HORDE_HAS_THE_ANSWER(Target.SUBMIT, false, false),
        WHEN_THE_HORDE_HAS_THE_ANSWER(Target.SUBMIT, true, false),
        WHEN_THE_HORDE_HAS_SAID_SO(Target.SUBMIT, true, true);

        private final Target target;
        private final boolean done;
        private final boolean heard;

        Step(Target target, boolean done, boolean heard) {
            this.target = target;
            this.done = done;
            this.heard = heard;
        }
    }

    @BeforeAll
    static void start() {
        kit = ActorTestKit.create();
    }

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void eachPictureIsAnsweredOnce() throws Exception {
        try (HordeHost host = new HordeHost(kit.system(), folder, LocalHorde.Settings.REAL, "max_threads: 1", "")) {
            host.start();
            for (Step step : Step.values()) {
                int before = host.horde.histories().size();
                if (step.target != Target.POP) {
                    host.horde
                            .faults()
                            .add(
                                    step.target,
                                    new When.First(1),
                                    new Fault.Meanwhile(host.process::kill, step.done, step.heard));
                }
                // Not two: the second might be on its way from the Horde, and nobody here could know of it.
                host.order(1, 40);
                if (step.target == Target.POP) {
                    await().atMost(RECOVERY).until(() -> host.hasStep(10));
                    host.process.kill();
                }
                host.process.awaitEnd();
                host.horde.faults().clear();
                int killed = host.process.log().length();
                host.start();
                host.awaitDone(RECOVERY);
                // The Horde may have had the answer before; the next step begins when the worker knows that, too.
                await().atMost(RECOVERY)
                        .until(() -> host.process.log().substring(killed).contains("submitted 1"));

                List<History> all = host.horde.histories();
                assertThat(host.horde.audit()).as(step.name()).isEmpty();
                assertThat(all.subList(before, all.size()))
                        .as(step.name())
                        .hasSize(1)
                        .allSatisfy(history -> assertThat(history.accepted())
                                .hasValueSatisfying(
                                        submit -> assertThat(submit.fault()).isFalse()));
            }
            assertThat(host.process.end()).isZero();
        }
    }
}
