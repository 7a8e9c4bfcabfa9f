package drover.bench;

import drover.client.JobRequest;
import drover.job.Attempt;
import drover.job.AttemptOutcome;
import drover.job.Job;
import drover.job.JobState;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Every way to hang, at every stage, with and without heartbeats, against real processes with short timeouts: each has to
 * be detected, and its job has to end well on another attempt.
 */
public final class StallsBench {
    private static final int STEPS = 100;
    private static final List<Integer> PERCENTAGES = List.of(0, 1, 25, 50, 75, 99);
    private static final List<String> KINDS = List.of("java_sleep", "java_spin", "native_block", "sigstop");

    private StallsBench() {}

    /**
     * Runs all cases and prints a line for each.
     *
     * @return whether every hang was detected and every job ended well
     * @throws BenchException if it could not be run
     */
    public static boolean run(PrintStream out) throws BenchException {
        int failures = 0;
        try (Rig rig = Rig.start("""
                drover.engine = fault
                drover.nodes.gpus = [cpu]
                drover.nodes.warm-standby = on
                drover.fault { load-time = 10ms, encode-time = 1ms, step-time = 2ms, decode-time = 1ms }
                drover.watchdog { inference-step-timeout = 500ms, cancel-grace = 200ms, restart-grace = 200ms }
                drover.watchdog.control-margin = 500ms
                drover.recovery { quarantine-after = 1000, backoff-max = 0s }
                """)) {
            rig.awaitReady(1);
            out.printf("%-13s %4s %-10s %-10s %9s  %s%n", "hang", "at", "heartbeats", "detected", "after", "job");
            for (String kind : KINDS) {
                for (boolean heartbeats : new boolean[] {true, false}) {
                    for (int percent : PERCENTAGES) {
                        failures += isHandled(rig, out, kind, heartbeats, percent) ? 0 : 1;
                    }
                }
            }
        }
        out.printf("%d cases, %d failed%n", KINDS.size() * 2 * PERCENTAGES.size(), failures);
        return failures == 0;
    }

    private static boolean isHandled(Rig rig, PrintStream out, String kind, boolean heartbeats, int percent)
            throws BenchException {
        Job job = rig.follow(submit(rig, kind, heartbeats, percent)).awaitEnd();
        Attempt first = job.attempts().getFirst();
        boolean detected =
                first.outcome().filter(o -> o == AttemptOutcome.STALLED).isPresent();
        boolean ended = job.state() == JobState.DELIVERED && job.attempts().size() == 2;
        Duration after = Duration.between(
                first.started().orElse(first.assigned()), first.ended().orElse(job.changed()));
        out.printf(
                Locale.ROOT,
                "%-13s %3d%% %-10s %-10s %7.2f s  %s after %d attempts%n",
                kind,
                percent,
                heartbeats ? "yes" : "no",
                detected ? "yes" : "NO",
                after.toMillis() / 1e3,
                job.state(),
                job.attempts().size());
        return detected && ended;
    }

    private static String submit(Rig rig, String kind, boolean heartbeats, int percent) throws BenchException {
        var fault = new JobRequest.FaultOrder(
                kind, "denoising", Optional.of(percent * STEPS / 100), Optional.of(heartbeats), Optional.of(1));
        return rig.submit(JobRequest.of("stall").steps(STEPS).fault(fault).build());
    }
}
