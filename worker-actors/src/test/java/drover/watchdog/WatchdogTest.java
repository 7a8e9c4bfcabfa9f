package drover.watchdog;

import static drover.watchdog.WatchdogFixture.CANCEL_GRACE;
import static drover.watchdog.WatchdogFixture.RESTART_GRACE;
import static drover.watchdog.WatchdogFixture.STEP_TIMEOUT;
import static drover.watchdog.WatchdogFixture.TIMEOUTS;
import static drover.watchdog.WatchdogFixture.attempt;
import static drover.watchdog.WatchdogFixture.denoising;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import drover.inference.AttemptId;
import drover.inference.Phase;
import java.time.Duration;
import org.apache.pekko.actor.testkit.typed.javadsl.LoggingTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

class WatchdogTest {
    private static final Duration MOMENT = Duration.ofMillis(1);

    private final WatchdogFixture fixture = new WatchdogFixture();
    private final AttemptId job = attempt("job");

    @AfterEach
    void close() {
        fixture.close();
    }

    private void stall() {
        fixture.watch(job);
        fixture.advanced(job, denoising(5, 20));
        fixture.pass(STEP_TIMEOUT);
        fixture.owner.expectMessageClass(Verdict.Cancel.class);
    }

    @Test
    void aRunnerThatObeysTheCancelCostsItsActorOnly() {
        stall();
        fixture.pass(CANCEL_GRACE.minus(MOMENT));
        fixture.tell(new Watchdog.RunnerReturned(job));
        Stall stall =
                fixture.owner.expectMessageClass(Verdict.RestartActor.class).stall();
        assertThat(stall.sinceAdvance())
                .isEqualTo(STEP_TIMEOUT.plus(CANCEL_GRACE).minus(MOMENT));
        fixture.tell(new Watchdog.Unwatch(job));
        fixture.pass(Duration.ofHours(1));
        fixture.expectNoVerdict();
    }

    @Test
    void aRunnerThatDoesNotComeBackCostsTheProcess() {
        stall();
        fixture.pass(CANCEL_GRACE.minus(MOMENT));
        fixture.expectNoVerdict();
        fixture.pass(MOMENT);
        fixture.owner.expectMessageClass(Verdict.ReplaceProcess.class);
        fixture.tell(new Watchdog.RunnerReturned(job));
        fixture.pass(Duration.ofHours(1));
        fixture.expectNoVerdict();
        assertThat(fixture.rows()).singleElement().satisfies(row -> {
            assertThat(row.rung()).isEqualTo(Rung.REPLACE_PROCESS);
            assertThat(row.left()).isEmpty();
        });
    }

    @Test
    void aRestartThatHangsCostsTheProcess() {
        stall();
        fixture.tell(new Watchdog.RunnerReturned(job));
        fixture.owner.expectMessageClass(Verdict.RestartActor.class);
        fixture.pass(RESTART_GRACE.minus(MOMENT));
        fixture.expectNoVerdict();
        fixture.pass(MOMENT);
        fixture.owner.expectMessageClass(Verdict.ReplaceProcess.class);
    }

    @Test
    void aVerdictIsNotTakenBackForAnAdvanceThatComesTooLate() {
        stall();
        fixture.advanced(job, denoising(6, 20));
        fixture.heartbeat(job);
        fixture.pass(CANCEL_GRACE);
        Stall stall =
                fixture.owner.expectMessageClass(Verdict.ReplaceProcess.class).stall();
        assertThat(stall.position()).isEqualTo(denoising(5, 20));
        assertThat(stall.sinceAdvance()).isEqualTo(STEP_TIMEOUT.plus(CANCEL_GRACE));
        assertThat(stall.sinceHeartbeat()).hasValue(CANCEL_GRACE);
        assertThat(fixture.counts().lateAdvances()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(Rung.class)
    void theWatchEndsOnAnyRung(Rung rung) {
        fixture.watch(job);
        if (rung.compareTo(Rung.CANCEL) >= 0) {
            fixture.pass(TIMEOUTS.limit(Phase.STARTING).length());
            fixture.owner.expectMessageClass(Verdict.Cancel.class);
        }
        if (rung == Rung.RESTART_ACTOR) {
            fixture.tell(new Watchdog.RunnerReturned(job));
            fixture.owner.expectMessageClass(Verdict.RestartActor.class);
        }
        if (rung == Rung.REPLACE_PROCESS) {
            fixture.pass(CANCEL_GRACE);
            fixture.owner.expectMessageClass(Verdict.ReplaceProcess.class);
        }
        assertThat(fixture.rows()).singleElement().extracting(Table.Row::rung).isEqualTo(rung);
        fixture.tell(new Watchdog.Unwatch(job));
        fixture.pass(Duration.ofHours(1));
        fixture.expectNoVerdict();
        assertThat(fixture.rows()).isEmpty();
    }

    @Test
    void fromOutsideTheProcessIsReplacedAtOnce() {
        fixture.tell(new Watchdog.Watch(job, "emoji", TIMEOUTS, Rungs.REPLACE_ONLY, fixture.owner.ref()));
        fixture.advanced(job, denoising(5, 20));
        fixture.pass(STEP_TIMEOUT);
        fixture.owner.expectMessageClass(Verdict.ReplaceProcess.class);
        fixture.pass(Duration.ofHours(1));
        fixture.expectNoVerdict();
    }

    @Test
    void aRepeatedWatchGivesNoNewTime() {
        fixture.watch(job);
        fixture.advanced(job, denoising(5, 20));
        fixture.pass(STEP_TIMEOUT.minus(MOMENT));
        fixture.watch(job);
        fixture.pass(MOMENT);
        fixture.owner.expectMessageClass(Verdict.Cancel.class);
    }

    @Test
    void aWatchEndsWithItsOwner() {
        ((Logger) LoggerFactory.getLogger("drover.watchdog")).setLevel(Level.INFO);
        AttemptId other = attempt("other");
        TestProbe<Verdict> mortal = fixture.kit.createTestProbe();
        fixture.tell(new Watchdog.Watch(job, "emoji", TIMEOUTS, Rungs.FULL, mortal.ref()));
        fixture.tell(new Watchdog.Watch(attempt("done"), "emoji", TIMEOUTS, Rungs.FULL, mortal.ref()));
        fixture.tell(new Watchdog.Unwatch(attempt("done")));
        fixture.watch(other);
        LoggingTestKit.info("has ended, so 1 attempts and 0 nodes are no longer watched")
                .expect(fixture.kit.system(), () -> {
                    mortal.stop();
                    return null;
                });
        assertThat(fixture.rows())
                .singleElement()
                .extracting(Table.Row::attempt)
                .isEqualTo(other);
    }

    @Test
    void everyVerdictIsPublishedAndLogged() {
        fixture.watch(job);
        fixture.advanced(job, denoising(5, 20));
        LoggingTestKit.warn("CANCEL: job#1 (emoji) stands at DENOISING 5/20 (25 %), last advance 15s ago,")
                .expect(fixture.kit.system(), () -> {
                    fixture.pass(STEP_TIMEOUT);
                    return null;
                });
        Verdict toOwner = fixture.owner.receiveMessage();
        assertThat(fixture.published.receiveMessage()).isEqualTo(toOwner);
        fixture.tell(new Watchdog.RunnerReturned(job));
        assertThat(fixture.published.receiveMessage()).isEqualTo(fixture.owner.receiveMessage());
        fixture.pass(RESTART_GRACE);
        assertThat(fixture.published.receiveMessage()).isEqualTo(fixture.owner.receiveMessage());
        WatchCounts counts = fixture.counts();
        assertThat(counts.cancels()).isEqualTo(1);
        assertThat(counts.restarts()).isEqualTo(1);
        assertThat(counts.replacements()).isEqualTo(1);
    }

    @Test
    void theTableShowsTheNearestDeadlineFirst() {
        AttemptId near = attempt("near");
        fixture.watch(job);
        fixture.watch(near);
        fixture.pass(Duration.ofSeconds(2));
        fixture.advanced(near, denoising(1, 4));
        fixture.advanced(near, denoising(1, 4));
        fixture.pass(Duration.ofSeconds(3));
        assertThat(fixture.rows()).extracting(Table.Row::attempt).containsExactly(near, job);
        Table.Row row = fixture.rows().getFirst();
        assertThat(row.sinceAdvance()).isEqualTo(Duration.ofSeconds(3));
        assertThat(row.left()).hasValue(STEP_TIMEOUT.minusSeconds(3));
        assertThat(row.idleReports()).isEqualTo(1);
        assertThat(row.position()).isEqualTo(denoising(1, 4));
    }

    @Test
    void wordsOfAttemptsThatAreNotWatchedAreCountedAndChangeNothing() {
        fixture.advanced(job, denoising(1, 4));
        fixture.heartbeat(job);
        fixture.tell(new Watchdog.RunnerReturned(job));
        fixture.tell(new Watchdog.Unwatch(job));
        assertThat(fixture.counts().strays()).isEqualTo(3);
        assertThat(fixture.rows()).isEmpty();
    }

    @Test
    void aWatchdogThatWasStoppedItselfBlamesNobody() {
        fixture.watch(job);
        for (int step = 0; step < 10; step++) {
            fixture.advanced(job, denoising(step, 20));
            fixture.pass(Duration.ofSeconds(5));
            fixture.settle();
            fixture.time.jump(Duration.ofMinutes(1)); // SIGSTOP, and SIGCONT a minute later
            fixture.settle();
        }
        fixture.expectNoVerdict();
        assertThat(fixture.counts().slept()).isBetween(Duration.ofMinutes(10).minusSeconds(10), Duration.ofMinutes(10));
        fixture.pass(STEP_TIMEOUT);
        fixture.owner.expectMessageClass(Verdict.Cancel.class);
    }

    @Test
    void anIdleNodeThatFallsSilentIsReportedOnce() {
        Duration limit = NodeSilence.DEFAULT_LIMIT;
        TestProbe<NodeSilent> keeper = fixture.kit.createTestProbe();
        TestProbe<NodeSilent> published = fixture.kit.createTestProbe();
        fixture.kit.system().eventStream().tell(new EventStream.Subscribe<>(NodeSilent.class, published.ref()));
        fixture.tell(new Watchdog.Listen("gpu0", limit, keeper.ref()));
        fixture.pass(limit.minus(MOMENT));
        fixture.tell(new Watchdog.Heard("gpu0"));
        fixture.pass(limit.minus(MOMENT));
        fixture.settle();
        keeper.expectNoMessage(Duration.ZERO);

        fixture.pass(MOMENT);
        NodeSilent silent = keeper.receiveMessage();
        assertThat(silent.node()).isEqualTo("gpu0");
        assertThat(silent.silence()).isEqualTo(limit);
        assertThat(published.receiveMessage()).isEqualTo(silent);
        fixture.pass(Duration.ofHours(1));
        fixture.settle();
        keeper.expectNoMessage(Duration.ZERO);

        fixture.tell(new Watchdog.Heard("gpu0"));
        fixture.pass(limit);
        keeper.receiveMessage();
        assertThat(fixture.counts().silentNodes()).isEqualTo(2);
        fixture.tell(new Watchdog.Heard("gpu0"));
        fixture.tell(new Watchdog.Forget("gpu0"));
        fixture.pass(Duration.ofHours(1));
        fixture.settle();
        keeper.expectNoMessage(Duration.ZERO);
        assertThat(fixture.counts().nodes()).isZero();
    }

    @Test
    void aNodeMayGetAnotherOwner() {
        TestProbe<NodeSilent> first = fixture.kit.createTestProbe();
        TestProbe<NodeSilent> second = fixture.kit.createTestProbe();
        fixture.tell(new Watchdog.Listen("gpu0", Duration.ofSeconds(30), first.ref()));
        fixture.tell(new Watchdog.Listen("gpu0", Duration.ofSeconds(30), second.ref()));
        fixture.settle();
        first.stop();
        fixture.pass(Duration.ofSeconds(30));
        assertThat(second.receiveMessage().node()).isEqualTo("gpu0");
    }

    @Test
    void aUselessSilenceLimitIsRefusedWhereItIsMade() {
        TestProbe<NodeSilent> keeper = fixture.kit.createTestProbe();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Watchdog.Listen("gpu0", Duration.ZERO, keeper.ref()))
                .withMessageContaining("node_silence_timeout");
    }
}
