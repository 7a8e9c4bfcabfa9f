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
class HordeRestartTest {
    private static final Duration RECOVERY = Duration.ofSeconds(90);
    /** Some seconds, so that all that is ordered is popped before the first is drawn. */
    private static final int STEPS = 150;

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

    private HordeHost host() throws Exception {
        return new HordeHost(
                kit.system(), folder, LocalHorde.Settings.REAL, "max_threads: 1\nqueue_size: 2\nmax_batch: 4", "");
    }

    @Test
    @Tag("long")
    void eachPictureOfAllThatIsInHandIsAnsweredOnceWhereverItIsKilled() throws Exception {
        try (HordeHost host = host()) {
            host.start();
            for (Step step : Step.values()) {
                int restarted = killed(host, step, List.of(3, 1, 2));
                // The Horde may have had the answers before; the next step begins when the worker knows that, too.
                await().atMost(RECOVERY).until(() -> host.hasNothingInHand(restarted));
            }
            assertThat(host.process.end()).isZero();
        }
    }

    /** One kill with one batch. */
    @Test
    @Tag("long")
    void eachPictureOfABatchIsAnsweredOnceWhenItIsKilledBetweenUploadAndSubmit() throws Exception {
        try (HordeHost host = host()) {
            host.start();
            killed(host, Step.BEFORE_THE_HORDE_HAS_THE_ANSWER, List.of(3));
            assertThat(host.process.end()).isZero();
        }
    }

    /**
     * Kills it at that step of jobs of so many pictures, and starts it anew.
     *
     * @return where the new process's log begins
     */
    private static int killed(HordeHost host, Step step, List<Integer> batches) throws Exception {
        // What it has not shown yet, a machine is not asked for.
        host.order(1, 5);
        host.awaitDone(RECOVERY);
        int before = host.horde.histories().size();
        int pictures = batches.stream().mapToInt(Integer::intValue).sum();
        for (int batch : batches) {
            host.order(batch, STEPS);
        }
        // No job may be on its way from the Horde, as nobody here could know of it.
        await().atMost(RECOVERY).until(() -> host.horde.histories().size() == before + pictures);
        if (step.target == Target.POP) {
            long drawn = host.steps();
            await().atMost(RECOVERY).until(() -> host.steps() > drawn + 10);
            host.process.kill();
        } else {
            host.horde
                    .faults()
                    .add(
                            step.target,
                            new When.First(1),
                            new Fault.Meanwhile(host.process::kill, step.done, step.heard));
        }
        host.process.awaitEnd();
        host.horde.faults().clear();
        int restarted = host.process.log().length();
        host.start();
        host.awaitDone(RECOVERY);

        List<History> all = host.horde.histories();
        // What the Horde took of a batch while its worker was killed is handed in again, and known there already.
        assertThat(host.horde.audit())
                .as(step.name())
                .filteredOn(it -> !it.toString().contains("[200, 400 DuplicateGen]"))
                .isEmpty();
        assertThat(all.subList(before, all.size()))
                .as(step.name())
                .hasSize(pictures)
                .allSatisfy(history -> assertThat(history.accepted())
                        .hasValueSatisfying(submit -> assertThat(submit.fault()).isFalse()));
        return restarted;
    }
}
