package drover.inference.fault;

import drover.inference.AttemptId;
import drover.inference.EngineException;
import drover.inference.FaultPlan;
import drover.inference.Phase;
import drover.inference.Position;
import drover.inference.RunMonitor;
import java.time.Duration;
import java.util.Optional;

/** One attempt of the fault engine: walks through its phases, and acts out its fault when the place for it comes. */
final class Stage {
    private static final Duration HEARTBEAT = Duration.ofMillis(100);
    private static final Duration SWING = Duration.ofMillis(20);
    private static final int EXIT_CODE = 86;
    /** 16 MiB of longs: big enough to fill a heap soon, so that little else runs dry before the last one fails. */
    private static final int CHUNK = 2 * 1024 * 1024;

    private static final int PREVIEW = 32;

    private final FaultSettings settings;
    private final Optional<FaultPlan> fault;
    private final RunMonitor monitor;
    private final AttemptId attempt;
    private final Optional<Trace> trace;
    private boolean crawling;
    private Duration crawl = Duration.ofMillis(1);

    Stage(
            FaultSettings settings,
            AttemptId attempt,
            Optional<FaultPlan> plan,
            RunMonitor monitor,
            Optional<Trace> trace) {
        this.settings = settings;
        this.fault = plan.filter(p -> attempt.number() <= p.attempts());
        this.monitor = monitor;
        this.attempt = attempt;
        this.trace = trace;
    }

    /** Enters the phase and takes the time for each of its steps. */
    void phase(Phase phase, int steps, Duration stepTime) throws EngineException {
        for (int step = 0; step <= steps; step++) {
            if (step > 0) {
                pause(crawling ? slower() : stepTime);
            }
            Position here = new Position(phase, step, steps);
            long reached = System.nanoTime();
            monitor.at(here);
            trace.ifPresent(t -> t.reached(attempt, here, reached));
            monitor.checkCancelled();
            if (phase == Phase.DENOISING && monitor.wantsPreview(step)) {
                monitor.preview(TestCard.of(PREVIEW, PREVIEW, step));
            }
            if (isPlaceOfFault(here)) {
                actOut(fault.get().kind(), here);
            }
        }
    }

    /** A fault planned for a step that the phase does not have comes with its last one, so that it always comes. */
    private boolean isPlaceOfFault(Position here) {
        return fault.filter(p -> p.phase() == here.phase() && Math.min(p.step(), here.of()) == here.step())
                .isPresent();
    }

    private void actOut(FaultPlan.Kind kind, Position here) throws EngineException {
        switch (kind) {
            case JAVA_SLEEP -> hang(Stage::sleepForEver);
            case JAVA_SPIN -> hang(Stage::spinForEver);
            case NATIVE_BLOCK -> hang(() -> new NativeTrap().blockForEver());
            case SIGSTOP -> new NativeTrap().stopProcess();
            case EXIT -> Runtime.getRuntime().halt(EXIT_CODE);
            case THROW ->
                throw new EngineException.Failed(
                        "the fault engine was asked to fail at " + here, new IllegalStateException("planned fault"));
            case OUT_OF_MEMORY -> exhaustMemory();
            case COOPERATIVE_STALL -> stall();
            case SWING -> swing(here);
            case CRAWL -> crawling = true;
        }
    }

    private void hang(Runnable trap) {
        boolean beating = fault.filter(FaultPlan::heartbeats).isPresent();
        Thread heart = Thread.ofPlatform().daemon().name("fault-heartbeat").unstarted(this::beat);
        if (beating) {
            heart.start();
        }
        try {
            trap.run();
        } finally {
            heart.interrupt();
        }
    }

    private void beat() {
        try {
            while (true) {
                monitor.heartbeat();
                Thread.sleep(HEARTBEAT);
            }
        } catch (InterruptedException e) {
            // The hang is over, and with it this thread.
        }
    }

    private static void sleepForEver() {
        while (true) {
            try {
                Thread.sleep(Duration.ofDays(1));
            } catch (InterruptedException e) {
                // Ignoring this is the fault.
            }
        }
    }

    private static void spinForEver() {
        while (true) {
            Thread.onSpinWait();
        }
    }

    private static void exhaustMemory() {
        Object[] hoard = {};
        while (true) {
            hoard = new Object[] {hoard, new long[CHUNK]};
        }
    }

    private void stall() throws EngineException {
        boolean beating = fault.filter(FaultPlan::heartbeats).isPresent();
        while (true) {
            monitor.checkCancelled();
            if (beating) {
                monitor.heartbeat();
            }
            pause(HEARTBEAT);
        }
    }

    private void swing(Position here) throws EngineException {
        Position back = new Position(here.phase(), Math.max(0, here.step() - 1), here.of());
        while (true) {
            monitor.checkCancelled();
            monitor.at(back);
            pause(SWING);
            monitor.at(here);
            pause(SWING);
        }
    }

    private Duration slower() {
        crawl = crawl.multipliedBy(2);
        if (crawl.compareTo(settings.slowestStep()) > 0) {
            crawl = settings.slowestStep();
        }
        return crawl.compareTo(settings.stepTime()) > 0 ? crawl : settings.stepTime();
    }

    private void pause(Duration time) throws EngineException {
        if (time.isZero()) {
            return;
        }
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            monitor.checkCancelled();
        }
    }
}
