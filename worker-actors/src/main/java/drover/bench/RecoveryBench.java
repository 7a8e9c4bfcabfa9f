package drover.bench;

import drover.client.JobRequest;
import drover.inference.Phase;
import drover.job.Job;
import drover.job.JobState;
import drover.node.NodeState;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * From SIGKILL of a GPU process until the first step of the re-run, with the bundled model on the processor: without and
 * with the JDK's AOT cache, and with a warm standby. And what the healthy node beside it loses meanwhile.
 */
public final class RecoveryBench {
    /** A node that is killed again and again would be put into quarantine; that is not what is measured here. */
    private static final String UNHURRIED = "\ndrover.recovery { quarantine-after = 1000, backoff-max = 0s }\n";

    private static final int ROUNDS = 5;
    private static final int STEPS = 150;
    private static final double COLD_LIMIT_S = 3;
    private static final double STANDBY_LIMIT_S = 1;

    private RecoveryBench() {}

    /** The parts of one recovery, in nanoseconds from the kill. */
    private record Parts(long noticed, long ready, long loading, long encoding, long firstStep) {}

    /**
     * Measures and prints.
     *
     * @param aotCache the node process's AOT cache
     * @return whether the figures are within their limits
     * @throws BenchException if it could not be measured
     */
    public static boolean run(Path aotCache, PrintStream out) throws BenchException {
        Figures plain = rounds(out, "no AOT cache, no standby", "drover.nodes.aot-cache = off");
        boolean trained = Files.isRegularFile(aotCache);
        String cache = "drover.nodes.aot-cache = \"" + aotCache + "\"\n";
        Figures cold = trained ? rounds(out, "AOT cache, no standby", cache) : plain;
        if (trained) {
            out.printf(
                    Locale.ROOT,
                    "kill to first step with ÷ without AOT cache: %.2f%n",
                    cold.millis(0.5) / plain.millis(0.5));
        } else {
            out.printf("there is no AOT cache at %s; mvn package makes it%n", aotCache);
        }
        Figures standby = rounds(out, "warm standby", (trained ? cache : "") + "drover.nodes.warm-standby = on");
        boolean nothingLost = healthyNodes(out, trained ? cache : "");
        boolean inTime = cold.millis(0.5) <= COLD_LIMIT_S * 1e3 && standby.millis(0.5) <= STANDBY_LIMIT_S * 1e3;
        out.printf(
                Locale.ROOT,
                "limits: %.0f s without, %.0f s with a warm standby (medians): %s%n",
                COLD_LIMIT_S,
                STANDBY_LIMIT_S,
                inTime ? "kept" : "missed");
        return inTime && nothingLost;
    }

    private static Figures rounds(PrintStream out, String title, String settings) throws BenchException {
        out.printf("%s: seconds from SIGKILL%n", title);
        out.printf("  %8s %8s %8s %8s %10s%n", "noticed", "ready", "loading", "encoding", "first step");
        long[] totals = new long[ROUNDS];
        try (Rig rig = Rig.start(settings + UNHURRIED + "drover.nodes.gpus = [cpu]\n")) {
            rig.awaitReady(1);
            for (int i = 0; i < ROUNDS; i++) {
                Parts parts = round(rig);
                totals[i] = parts.firstStep();
                out.printf(
                        Locale.ROOT,
                        "  %8.3f %8.3f %8.3f %8.3f %10.3f%n",
                        seconds(parts.noticed()),
                        seconds(parts.ready()),
                        seconds(parts.loading()),
                        seconds(parts.encoding()),
                        seconds(parts.firstStep()));
            }
        }
        Figures figures = new Figures(totals);
        out.printf("  %s%n", figures);
        return figures;
    }

    private static Parts round(Rig rig) throws BenchException {
        // A full recovery is wanted each time: the standby, if there is to be one, has to stand by.
        rig.awaitNode("a node that is ready", 0, n -> n.state() == NodeState.RUNNING);
        if (rig.wantsStandby()) {
            rig.awaitNode("a standby", 0, n -> n.standby());
        }
        String job = submit(rig);
        Rig.Follower follower = rig.follow(job);
        follower.await("the fifth step", h -> isStep(h, 1, 5));
        var victim = rig.nodes().getFirst();
        long launch = victim.launch();
        long killed = System.nanoTime();
        ProcessHandle.of(victim.pid().orElseThrow()).orElseThrow().destroyForcibly();
        var noticed = rig.awaitNode(
                "the death to be noticed", 0, n -> n.launch() != launch || n.state() != NodeState.RUNNING);
        var ready = rig.awaitNode("the next process", 0, n -> n.launch() != launch && n.state() == NodeState.RUNNING);
        var loading = follower.await(
                "the second attempt",
                h -> h.attempt().filter(a -> a.number() == 2).isPresent());
        var encoding = follower.await(
                "its encoding",
                h -> h.position()
                        .filter(p -> p.phase().compareTo(Phase.ENCODING) >= 0)
                        .isPresent());
        var step = isStep(encoding, 2, 1) ? encoding : follower.await("its first step", h -> isStep(h, 2, 1));
        follower.awaitEnd(); // A success clears the node's record, so that each round starts without a back-off.
        return new Parts(
                noticed.nanos() - killed,
                ready.nanos() - killed,
                loading.nanos() - killed,
                encoding.nanos() - killed,
                step.nanos() - killed);
    }

    /** Kills one of two nodes three times while the other one works, and looks at what that one lost. */
    private static boolean healthyNodes(PrintStream out, String settings) throws BenchException {
        try (Rig rig = Rig.start(settings + UNHURRIED + "drover.nodes.gpus = [cpu, cpu]\n")) {
            rig.awaitReady(2);
            List<String> jobs = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                jobs.add(submit(rig));
            }
            Rig.Follower first = rig.follow(jobs.get(0));
            Rig.Follower second = rig.follow(jobs.get(1));
            first.await("a step of the first job", h -> isStep(h, 1, 1));
            second.await("a step of the second job", h -> isStep(h, 1, 1));
            String victimJob = jobs.getFirst();
            var victim = rig.nodes().stream()
                    .filter(n -> n.slots().stream()
                            .flatMap(s -> s.work().stream())
                            .anyMatch(w -> w.attempt().job().value().equals(victimJob)))
                    .findFirst()
                    .orElseThrow(() -> new BenchException("nobody runs " + victimJob));
            ProcessHandle.of(victim.pid().orElseThrow()).orElseThrow().destroyForcibly();
            Job healthy = second.awaitEnd();
            Job killed = first.awaitEnd();
            int lost = healthy.attempts().size() - 1;
            out.printf(
                    "healthy node while the other one is replaced: %s after %d attempt(s), %d steps lost; the killed "
                            + "node's job: %s after %d attempts%n",
                    healthy.state(),
                    healthy.attempts().size(),
                    lost * STEPS,
                    killed.state(),
                    killed.attempts().size());
            return lost == 0 && healthy.state() == JobState.DELIVERED && killed.state() == JobState.DELIVERED;
        }
    }

    private static boolean isStep(Rig.Heard heard, int attempt, int step) {
        return heard.attempt().filter(a -> a.number() == attempt).isPresent()
                && heard.position()
                        .filter(p -> p.phase() == Phase.DENOISING && p.step() >= step)
                        .isPresent();
    }

    private static String submit(Rig rig) throws BenchException {
        return rig.submit(JobRequest.of("a red apple")
                .steps(STEPS)
                .seed(1)
                .deadlineSeconds(600)
                .build());
    }

    private static double seconds(long nanos) {
        return nanos / 1e9;
    }
}
