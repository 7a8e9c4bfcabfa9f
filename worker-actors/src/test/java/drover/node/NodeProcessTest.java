package drover.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import drover.inference.FaultPlan;
import drover.inference.InferenceRequest;
import drover.inference.OutputFormat;
import drover.inference.SafetyPolicy;
import drover.inference.SafetyResult;
import drover.job.AttemptOutcome;
import drover.logging.LoggingSettings;
import drover.watchdog.Incident;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Nodes as real processes: started, killed, stopped, stuck, and always replaced. */
@Tag("processes")
class NodeProcessTest {
    @TempDir
    Path folder;

    private ControlFixture control(int actors, boolean standby, Duration step, Map<String, InferenceRequest> jobs) {
        return new ControlFixture(
                folder, ControlFixture.settings(folder, actors, standby, ControlFixture.engine(step)), jobs);
    }

    @Test
    void aJobRunsInAProcessOfItsOwn() throws IOException {
        try (ControlFixture control = control(1, false, Duration.ofMillis(5), Map.of("a", Requests.healthy(4)))) {
            await().atMost(ControlFixture.PATIENCE)
                    .until(() -> control.record.produced("a").isPresent());
            assertThat(control.record.produced("a").orElseThrow().assets()).hasSize(1);
            assertThat(control.process().isAlive()).isTrue();
            assertThat(control.process().pid())
                    .isNotEqualTo(ProcessHandle.current().pid());
            assertThat(control.incidents).isEmpty();
        }
    }

    @Test
    void aProcessLooksAtItsPicturesAndSaysThatItCan() throws IOException {
        SafetySettings safety =
                new SafetySettings(Optional.of(NodeSafetyTest.FIXTURE), Optional.empty(), ControlFixture.PATIENCE);
        NodeSettings settings = ControlFixture.settings(folder, 1, false, ControlFixture.engine(Duration.ZERO), safety);
        InferenceRequest marked =
                Requests.healthy(2).withSafety(SafetyPolicy.MARK).withFormat(OutputFormat.HORDE);
        try (ControlFixture control = new ControlFixture(folder, settings, Map.of("a", marked))) {
            await().atMost(ControlFixture.PATIENCE)
                    .until(() -> control.record.produced("a").isPresent());
            assertThat(control.record.produced("a").orElseThrow().assets())
                    .singleElement()
                    .satisfies(asset -> {
                        assertThat(asset.mediaType()).isEqualTo("image/webp");
                        assertThat(asset.safety()).isNotEqualTo(SafetyResult.UNCHECKED);
                    });
            await().atMost(ControlFixture.PATIENCE).until(() -> control.status().checks());
        }
    }

    @Test
    void aKilledProcessIsReplacedAndItsJobRunsAgain() throws IOException {
        try (ControlFixture control = control(1, false, Duration.ofMillis(100), Map.of("a", Requests.healthy(30)))) {
            await().atMost(ControlFixture.PATIENCE).until(() -> control.record.isRunning("a"));
            control.process().destroyForcibly();
            await().atMost(ControlFixture.PATIENCE)
                    .until(() -> control.record.produced("a").isPresent());
            assertThat(control.record.outcomes("a")).containsExactly(AttemptOutcome.NODE_LOST);
            assertThat(control.record.produced("a").orElseThrow().attempt().number())
                    .isEqualTo(2);
            assertThat(control.incidents).singleElement().satisfies(i -> {
                assertThat(i.cause()).isEqualTo(new Incident.Cause.Exited(137));
                assertThat(i.lost()).hasSize(1);
            });
        }
    }

    @Test
    void aProcessLogsAsItIsToldToAndItsDeathTakesNoLine() throws IOException {
        InferenceRequest stalling = Requests.failingOnce(FaultPlan.Kind.COOPERATIVE_STALL, false);
        Path logs = folder.resolve("json logs");
        NodeSettings settings = ControlFixture.settings(folder, 1, false, ControlFixture.engine(Duration.ofMillis(5)))
                .withLogging(
                        new LoggingSettings(logs, true, Map.of(LoggingSettings.DROVER, "warn"), 1 << 20, 1, 1 << 20));
        try (ControlFixture control = new ControlFixture(folder, settings, Map.of("a", stalling))) {
            await().atMost(ControlFixture.PATIENCE)
                    .until(() -> control.record.produced("a").isPresent());
            Path log = logs.resolve("node-cpu0.log");
            List<JsonNode> before = jsonLines(log);
            assertThat(before).allSatisfy(line -> {
                assertThat(line.path("mdc").path("node").asText()).isEqualTo("cpu0");
                assertThat(line.path("level").asText()).isIn("WARN", "ERROR");
            });
            assertThat(before).anySatisfy(line -> {
                assertThat(line.path("mdc").path("job").asText()).isEqualTo("a");
                assertThat(line.path("mdc").path("attempt").asText()).isEqualTo("1");
            });

            control.supervisor().tell(new NodeSupervisor.SetLogLevels(Map.of(LoggingSettings.DROVER, "INFO")));
            await().atMost(ControlFixture.PATIENCE)
                    .until(() -> Files.readString(log).contains("log levels are now"));
            control.process().destroyForcibly();

            // The next process logs by the same levels, to the same file, which nobody holds any more.
            await().atMost(ControlFixture.PATIENCE)
                    .until(() -> Files.readString(log).contains("node cpu0 is ready"));
            assertThat(jsonLines(log)).containsAll(before);
        }
    }

    @Test
    void twoProcessesOfOneNodeNeverShareALogFile() throws IOException {
        try (ControlFixture control = control(1, true, Duration.ofMillis(5), Map.of())) {
            await().atMost(ControlFixture.PATIENCE).until(() -> control.status().standby());
            assertThat(folder.resolve("logs").resolve("node-cpu0.log"))
                    .content()
                    .containsOnlyOnce("is ready");
            assertThat(folder.resolve("logs").resolve("node-cpu0-2.log"))
                    .content()
                    .containsOnlyOnce("is ready");
        }
    }

    /** Ctrl-C in a terminal reaches every process that was started from it. */
    @Test
    void aSignalForEverybodyDoesNotEndAProcessAtWork() throws Exception {
        try (ControlFixture control = control(1, false, Duration.ofMillis(20), Map.of("a", Requests.healthy(60)))) {
            await().atMost(ControlFixture.PATIENCE).until(() -> control.record.isRunning("a"));
            String pid = Long.toString(control.process().pid());
            for (String signal : List.of("-INT", "-HUP", "-TERM")) {
                assertThat(new ProcessBuilder("kill", signal, pid).start().waitFor())
                        .isZero();
            }
            await().atMost(ControlFixture.PATIENCE)
                    .until(() -> control.record.produced("a").isPresent());
            assertThat(control.record.outcomes("a")).isEmpty();
            assertThat(control.incidents).isEmpty();
        }
    }

    private static List<JsonNode> jsonLines(Path file) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            lines.add(JsonMapper.builder().build().readTree(line));
        }
        return lines;
    }

    @Test
    void aProcessBlockedInNativeCodeIsReplacedThoughItsHeartGoesOn() throws IOException {
        InferenceRequest stuck = Requests.failingOnce(FaultPlan.Kind.NATIVE_BLOCK, true);
        try (ControlFixture control = control(1, false, Duration.ofMillis(20), Map.of("a", stuck))) {
            await().atMost(ControlFixture.PATIENCE)
                    .until(() -> control.record.produced("a").isPresent());
            assertThat(control.record.outcomes("a")).containsExactly(AttemptOutcome.STALLED);
            Incident incident = control.incidents.getFirst();
            assertThat(incident.cause()).isInstanceOf(Incident.Cause.Stalled.class);
            assertThat(incident.stack()).isInstanceOf(Incident.Stack.Taken.class);
            assertThat(incident.explain()).contains("node watchdog").contains("NativeTrap");
        }
    }

    @Test
    void aStoppedProcessIsFoundByTheControlProcess() throws IOException {
        InferenceRequest stopped = Requests.failingOnce(FaultPlan.Kind.SIGSTOP, false);
        try (ControlFixture control = control(1, false, Duration.ofMillis(20), Map.of("a", stopped))) {
            await().atMost(ControlFixture.PATIENCE)
                    .until(() -> control.record.produced("a").isPresent());
            assertThat(control.record.outcomes("a")).containsExactly(AttemptOutcome.STALLED);
            assertThat(control.incidents.getFirst().explain())
                    .contains("control watchdog")
                    .contains("stopped");
        }
    }

    /** The defect by the name of wrong victim, with real processes. */
    @Test
    void wrongVictimTheNeighbourOfAStuckJobIsNotCharged() throws IOException {
        InferenceRequest stuck = Requests.failingOnce(FaultPlan.Kind.NATIVE_BLOCK, true);
        Map<String, InferenceRequest> jobs = Map.of("stuck", stuck, "healthy", Requests.healthy(60));
        try (ControlFixture control = control(2, false, Duration.ofMillis(40), jobs)) {
            await().atMost(ControlFixture.PATIENCE)
                    .until(() -> control.record.produced("stuck").isPresent()
                            && control.record.produced("healthy").isPresent());
            assertThat(control.record.outcomes("stuck")).containsExactly(AttemptOutcome.STALLED);
            assertThat(control.record.outcomes("healthy")).isSubsetOf(AttemptOutcome.HANDED_BACK);
        }
    }

    @Test
    void aWarmStandbyTakesOverFromAKilledProcess() throws IOException {
        try (ControlFixture control = control(1, true, Duration.ofMillis(100), Map.of("a", Requests.healthy(400)))) {
            await().atMost(ControlFixture.PATIENCE).until(() -> control.status().standby());
            await().atMost(ControlFixture.PATIENCE).until(() -> control.record.isRunning("a"));
            control.process().destroyForcibly();
            await().atMost(ControlFixture.PATIENCE).until(() -> control.record.given.size() == 2);
            assertThat(control.record.given.getLast().slot().launch()).isEqualTo(2);
            assertThat(control.record.outcomes("a")).containsExactly(AttemptOutcome.NODE_LOST);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"OUT_OF_MEMORY", "EXIT"})
    void aProcessThatBreaksIsReplaced(FaultPlan.Kind kind) throws IOException {
        InferenceRequest breaking = Requests.failingOnce(kind, false);
        try (ControlFixture control = control(1, false, Duration.ofMillis(5), Map.of("a", breaking))) {
            await().atMost(ControlFixture.PATIENCE)
                    .until(() -> control.record.produced("a").isPresent());
            // With no memory left the process may be able to say so or not.
            assertThat(control.record.outcomes("a"))
                    .hasSize(1)
                    .isSubsetOf(AttemptOutcome.FAILED, AttemptOutcome.CRASHED);
            assertThat(control.record.produced("a").orElseThrow().slot().launch())
                    .isEqualTo(2);
            assertThat(control.incidents).hasSize(1);
        }
    }

    @Test
    void aProcessWhoseInputClosesEndsByItself() throws IOException {
        try (ControlFixture control = control(1, false, Duration.ofMillis(5), Map.of())) {
            await().atMost(ControlFixture.PATIENCE).until(() -> !control.record.idle.isEmpty());
            NodeProcess process = control.processes.getFirst();
            process.dismiss();
            assertThat(process.onExit().toCompletableFuture())
                    .succeedsWithin(Duration.ofSeconds(5))
                    .isEqualTo(NodeExit.ORPHANED);
        }
    }

    @Test
    void theNumberOfActorsChangesWhileJobsRun() throws IOException {
        Map<String, InferenceRequest> jobs = Map.of("a", Requests.healthy(40), "b", Requests.healthy(40));
        try (ControlFixture control = control(1, false, Duration.ofMillis(25), jobs)) {
            NodeSettings two = ControlFixture.settings(folder, 2, false, ControlFixture.engine(Duration.ofMillis(25)));
            NodeSettings one = ControlFixture.settings(folder, 1, false, ControlFixture.engine(Duration.ofMillis(25)));
            await().atMost(ControlFixture.PATIENCE).until(() -> control.record.given.size() == 1);
            control.supervisor().tell(new NodeSupervisor.Reconfigure(two));
            await().atMost(ControlFixture.PATIENCE).until(() -> control.record.given.size() == 2);
            control.supervisor().tell(new NodeSupervisor.Reconfigure(one));
            await().atMost(ControlFixture.PATIENCE)
                    .until(() -> control.record.produced("a").isPresent()
                            && control.record.produced("b").isPresent());
            assertThat(control.record.outcomes("a")).isEmpty();
            assertThat(control.record.outcomes("b")).isEmpty();
            await().atMost(ControlFixture.PATIENCE).until(() -> !control.record.gone.isEmpty());
        }
    }

    @Test
    void anActorIsRestartedAloneAndWhatItRanIsHandedBack() throws IOException {
        try (ControlFixture control = control(1, false, Duration.ofMillis(25), Map.of("a", Requests.healthy(60)))) {
            await().atMost(ControlFixture.PATIENCE).until(() -> control.record.isRunning("a"));
            long pid = control.process().pid();
            await().atMost(ControlFixture.PATIENCE)
                    .until(() -> !control.status().slots().isEmpty());

            assertThat(tell(control, reply -> new NodeSupervisor.RestartSlot("cpu0", 7, reply)))
                    .isEqualTo(new NodeReply.Refused("cpu0", "has no actor 7 at work; there are: 0"));
            assertThat(tell(control, reply -> new NodeSupervisor.RestartSlot("cpu0", 0, reply)))
                    .isInstanceOf(NodeReply.Done.class);

            await().atMost(ControlFixture.PATIENCE)
                    .until(() -> control.record.produced("a").isPresent());
            assertThat(control.record.outcomes("a")).containsExactly(AttemptOutcome.HANDED_BACK);
            assertThat(control.process().pid()).isEqualTo(pid);
            assertThat(control.incidents).isEmpty();
        }
    }

    @Test
    void aDrainedNodeIsResumed() throws IOException {
        try (ControlFixture control = control(1, false, Duration.ofMillis(25), Map.of())) {
            await().atMost(ControlFixture.PATIENCE).until(() -> !control.record.idle.isEmpty());
            // To resume a node that is at work is fine.
            assertThat(tell(control, reply -> new NodeSupervisor.ResumeNode("cpu0", reply)))
                    .isInstanceOf(NodeReply.Done.class);
            tell(control, reply -> new NodeSupervisor.QuarantineNode("cpu0", "to see", reply));
            await().atMost(ControlFixture.PATIENCE).until(() -> control.status().state() == NodeState.QUARANTINED);
            assertThat(control.status().note()).contains("to see");
            assertThat(tell(control, reply -> new NodeSupervisor.RestartSlot("cpu0", 0, reply)))
                    .isInstanceOf(NodeReply.Refused.class);

            tell(control, reply -> new NodeSupervisor.ResumeNode("cpu0", reply));

            await().atMost(ControlFixture.PATIENCE).until(() -> control.status().state() == NodeState.RUNNING);
        }
    }

    @Test
    void aDrainLetsARunningJobFinishAndLeavesNoProcess() throws IOException {
        try (ControlFixture control = control(1, false, Duration.ofMillis(25), Map.of("a", Requests.healthy(40)))) {
            await().atMost(ControlFixture.PATIENCE).until(() -> control.record.isRunning("a"));
            control.ask(
                    (ActorRef<NodeSupervisor.Drained> replyTo) ->
                            new NodeSupervisor.Drain(ControlFixture.PATIENCE, replyTo),
                    ControlFixture.PATIENCE);
            assertThat(control.record.produced("a")).isPresent();
            assertThat(control.processes).hasSize(1);
            assertThat(control.processes.getFirst().onExit()).isCompletedWithValue(NodeExit.DONE);
            assertThat(control.incidents).isEmpty();
        }
    }

    private static NodeReply tell(
            ControlFixture control, Function<ActorRef<NodeReply>, NodeSupervisor.Command> command) {
        return control.ask(command, ControlFixture.PATIENCE);
    }
}
