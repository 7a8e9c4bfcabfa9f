package drover.node;

import drover.diffusion.ModelPlaces;
import drover.logging.LoggingSettings;
import drover.watchdog.PhaseTimeouts;
import drover.watchdog.Quarantine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How nodes are run. Immutable and validated.
 *
 * @param gpus which devices get a node
 * @param actorsPerGpu inference actors of each node, 1 to 64
 * @param warmStandby whether each node has a second process ready to take over
 * @param process how a node's process is started
 * @param logging how it logs; as the control process does
 * @param engine which engine it runs
 * @param safety what they look at pictures with
 * @param models where models lie
 * @param cacheDir where the bundled model is unpacked
 * @param dataDir where the list of running children is kept
 * @param assetDir where results are written
 * @param limits how long things may take
 * @param timeouts deadlines of the node's own watchdog
 * @param controlMargin what the watchdog of the control process allows beyond the node's own
 * @param recovery what happens after a process has failed
 * @param previewEvery after how many steps previews are made although nobody follows
 */
public record NodeSettings(
        GpuSelection gpus,
        int actorsPerGpu,
        boolean warmStandby,
        ProcessSettings process,
        LoggingSettings logging,
        EngineSettings engine,
        SafetySettings safety,
        ModelPlaces models,
        Path cacheDir,
        Path dataDir,
        Path assetDir,
        Limits limits,
        PhaseTimeouts timeouts,
        Duration controlMargin,
        Recovery recovery,
        Optional<Integer> previewEvery) {

    public NodeSettings {
        if (actorsPerGpu < 1 || actorsPerGpu > 64) {
            throw new IllegalArgumentException("actorsPerGpu must be 1 to 64, but was " + actorsPerGpu);
        }
        requirePositive("controlMargin", controlMargin);
    }

    /**
     * What a process is told at its start.
     *
     * @param keeper serialised reference of its keeper
     * @param member how it takes part in the cluster
     * @param seed the control process in the cluster
     */
    Bootstrap bootstrap(String keeper, GpuDevice device, long launch, Membership member, String seed) {
        return new Bootstrap(
                keeper,
                device,
                launch,
                member,
                seed,
                engine,
                safety,
                models,
                cacheDir,
                assetDir,
                Bootstrap.Timeouts.of(timeouts),
                logging,
                limits.orphan(),
                limits.sibling().plus(SELF_HALT_MARGIN));
    }

    /** These settings for other devices. */
    public NodeSettings withGpus(GpuSelection others) {
        return with(others, logging);
    }

    /** These settings with others for the log. */
    public NodeSettings withLogging(LoggingSettings other) {
        return with(gpus, other);
    }

    private NodeSettings with(GpuSelection otherGpus, LoggingSettings otherLogging) {
        return new NodeSettings(
                otherGpus,
                actorsPerGpu,
                warmStandby,
                process,
                otherLogging,
                engine,
                safety,
                models,
                cacheDir,
                dataDir,
                assetDir,
                limits,
                timeouts,
                controlMargin,
                recovery,
                previewEvery);
    }

    /** How much longer than its keeper needs a process waits to be ended. */
    private static final Duration SELF_HALT_MARGIN = Duration.ofSeconds(10);

    /**
     * How a node's process is started.
     *
     * @param heap limit of its Java heap, as {@code -Xmx} takes it: {@code 256m}
     * @param aotCache the JDK's ahead-of-time cache for the node process; used only if the file is there
     * @param jvmOptions more options for its JVM
     */
    public record ProcessSettings(String heap, Optional<Path> aotCache, List<String> jvmOptions) {
        public ProcessSettings {
            jvmOptions = List.copyOf(jvmOptions);
            if (!heap.matches("[1-9][0-9]{0,9}[kKmMgG]")) {
                throw new IllegalArgumentException(
                        "heap must be a number and one of k, m, g, such as 256m, but was: " + heap);
            }
        }
    }

    /**
     * How long things may take.
     *
     * @param launch from the start of a process to its hello
     * @param drain how long running attempts may go on once their node is drained
     * @param silence how long a node may say nothing at all
     * @param orphan how long a node waits for a word of its keeper before it ends itself
     * @param sibling how long the healthy attempts of a process that is to be replaced may go on. They are not stopped
     *     before the replacement is ready, so they lose nothing by it
     */
    public record Limits(Duration launch, Duration drain, Duration silence, Duration orphan, Duration sibling) {
        /** The defaults. */
        public static final Limits DEFAULTS = new Limits(
                Duration.ofSeconds(120),
                Duration.ofSeconds(60),
                Duration.ofSeconds(30),
                Duration.ofSeconds(30),
                Duration.ofSeconds(10));

        public Limits {
            requirePositive("launch", launch);
            requirePositive("drain", drain);
            requirePositive("silence", silence);
            requirePositive("orphan", orphan);
            requirePositive("sibling", sibling);
        }
    }

    /**
     * What happens after a process has failed.
     *
     * @param backoffMin the pause after the second failure in a row, doubled for each further one; the first costs
     *     none. 0 stands for one second
     * @param backoffMax the longest pause
     * @param quarantineAfter failures within the window that take the node out, at least 1
     * @param quarantineWindow how long a failure counts
     * @param quarantineTime how long the node stays out the first time
     */
    public record Recovery(
            Duration backoffMin,
            Duration backoffMax,
            int quarantineAfter,
            Duration quarantineWindow,
            Duration quarantineTime) {
        /** How often a node is let out by time, each time after twice as long, before it takes an operator. */
        private static final int RELEASES = 3;

        /** The defaults. */
        public static final Recovery DEFAULTS =
                new Recovery(Duration.ZERO, Duration.ofSeconds(60), 3, Duration.ofMinutes(10), Duration.ofMinutes(5));

        public Recovery {
            if (backoffMin.isNegative() || backoffMax.compareTo(backoffMin) < 0) {
                throw new IllegalArgumentException("backoffMin must be 0 or more and at most backoffMax, but they were "
                        + backoffMin + " and " + backoffMax);
            }
            if (quarantineAfter < 1) {
                throw new IllegalArgumentException("quarantineAfter must be at least 1, but was " + quarantineAfter);
            }
            requirePositive("quarantineWindow", quarantineWindow);
            requirePositive("quarantineTime", quarantineTime);
        }

        /** These settings as the rules of a quarantine. */
        public Quarantine.Policy toPolicy() {
            Duration first = backoffMin.isZero() ? Duration.ofSeconds(1) : backoffMin;
            Duration longest = backoffMax.compareTo(first) < 0 ? first : backoffMax;
            return new Quarantine.Policy(quarantineAfter, quarantineWindow, first, longest, quarantineTime, RELEASES);
        }
    }

    private static void requirePositive(String name, Duration value) {
        if (!value.isPositive()) {
            throw new IllegalArgumentException(name + " must be more than zero, but was " + value);
        }
    }
}
