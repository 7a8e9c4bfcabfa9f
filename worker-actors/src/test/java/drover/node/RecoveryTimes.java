package drover.node;

import drover.inference.Phase;
import drover.inference.fault.FaultSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.awaitility.Awaitility;

/**
 * Measures how long a node takes from its start to its first step, and from being killed to the first step of the re-run.
 * Run by hand with the packaged jar; arguments: the jar, the AOT cache or {@code none}, {@code standby} or {@code cold},
 * runs.
 */
final class RecoveryTimes {
    private RecoveryTimes() {}

    public static void main(String[] arguments) throws IOException {
        Path jar = Path.of(arguments[0]).toAbsolutePath();
        Optional<Path> cache = arguments[1].equals("none")
                ? Optional.empty()
                : Optional.of(Path.of(arguments[1]).toAbsolutePath());
        boolean standby = arguments[2].equals("standby");
        List<Long> toStep = new ArrayList<>();
        List<Long> toRerun = new ArrayList<>();
        for (int run = 0; run < Integer.parseInt(arguments[3]); run++) {
            Path folder = Files.createTempDirectory("recovery");
            measure(folder, jar, cache, standby, toStep, toRerun);
        }
        System.out.printf(
                Locale.ROOT,
                "cache=%s %s: start to first step %s ms, kill to first step again %s ms%n",
                cache.isPresent(),
                arguments[2],
                toStep,
                toRerun);
        System.exit(0);
    }

    private static void measure(
            Path folder, Path jar, Optional<Path> cache, boolean standby, List<Long> toStep, List<Long> toRerun)
            throws IOException {
        FaultSettings engine = new FaultSettings(
                Set.of(Requests.MODEL),
                Duration.ZERO,
                Duration.ZERO,
                Duration.ofMillis(20),
                Duration.ZERO,
                Duration.ofSeconds(1));
        NodeSettings plain = ControlFixture.settings(folder, 1, standby, engine);
        NodeSettings settings = new NodeSettings(
                plain.gpus(),
                1,
                standby,
                new NodeSettings.ProcessSettings("256m", cache, List.of(), Optional.of(folder)),
                plain.engine(),
                plain.modelFolders(),
                plain.cacheDir(),
                plain.dataDir(),
                plain.assetDir(),
                plain.limits(),
                plain.timeouts(),
                plain.controlMargin(),
                plain.recovery());
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        try (ControlFixture control = new ControlFixture(
                folder,
                settings,
                Map.of("a", Requests.healthy(500)),
                l -> new JavaProcessLauncher(java, jar.toString(), l))) {
            long begun = control.started();
            await(() -> step(control, 1) > 0);
            if (standby) {
                await(() -> control.status().standby());
            }
            long before = step(control, 1);
            toStep.add((before - begun) / 1_000_000);
            long killed = System.nanoTime();
            control.process().destroyForcibly();
            await(() -> step(control, 2) > 0);
            toRerun.add((step(control, 2) - killed) / 1_000_000);
            System.out.printf(
                    Locale.ROOT,
                    "killed at 0, asked again at %d, given at %d, first step at %d ms%n",
                    (control.record.idleAt.getLast() - killed) / 1_000_000,
                    (control.record.given.getLast().nanos() - killed) / 1_000_000,
                    (step(control, 2) - killed) / 1_000_000);
        }
    }

    private static void await(java.util.concurrent.Callable<Boolean> condition) {
        Awaitility.await()
                .pollInterval(Duration.ofMillis(10))
                .atMost(Duration.ofSeconds(60))
                .until(condition);
    }

    private static long step(ControlFixture control, int attempt) {
        return control.record.steps.stream()
                .filter(s -> s.attempt().number() == attempt && s.position().phase() == Phase.DENOISING)
                .mapToLong(TestBoard.Step::nanos)
                .findFirst()
                .orElse(0);
    }
}
