package drover.inference.pytorch;

import drover.inference.EngineException;
import drover.inference.Phase;
import drover.inference.Position;
import drover.inference.RunMonitor;
import drover.picture.Picture;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the steps of one phase as they come, over everything that is done in it: the count only ever grows, whatever is
 * done twice. Every report asks whether to go on. One run, on one thread.
 */
final class Progress {
    /** Weights between two reported positions of loading: a few seconds from a slow disk. */
    private static final long LOADING_STEP_BYTES = 16L << 20;

    private static final Logger LOG = LoggerFactory.getLogger(Progress.class);

    private final RunMonitor monitor;
    private final Phase phase;
    private int base;
    private int reached;
    private int of;
    private boolean begun;

    /**
     * A phase that has not begun.
     *
     * @param planned steps, as far as is known
     */
    Progress(RunMonitor monitor, Phase phase, int planned) {
        this.monitor = monitor;
        this.phase = phase;
        this.of = planned;
    }

    /** Whether anything has been reported. */
    boolean hasBegun() {
        return begun;
    }

    /** So many more steps are to come. */
    void plan(int steps) {
        of = reached + steps;
    }

    /** Begins something of so many steps. */
    void begin(int steps) throws EngineException.Cancelled {
        base = reached;
        at(0, steps);
    }

    /** So many steps of what was begun are done. */
    void at(int done, int steps) throws EngineException.Cancelled {
        begun = true;
        reached = Math.max(reached, base + done);
        of = Math.max(Math.max(of, base + steps), 1);
        monitor.at(new Position(phase, reached, of));
        monitor.checkCancelled();
    }

    /** Shows how it looks now, if somebody wants to see that; what goes wrong with it is nobody's loss. */
    void show(int step, Supplier<Picture> look) {
        if (!monitor.wantsPreview(step)) {
            return;
        }
        try {
            monitor.preview(look.get());
        } catch (RuntimeException e) {
            LOG.debug("no preview", e);
        }
    }

    /** Begins something that is counted in bytes. */
    ModelCache.Progress loading() {
        base = reached;
        return (bytes, all) -> {
            int steps = Math.toIntExact(Math.max(1, Math.ceilDiv(all, LOADING_STEP_BYTES)));
            at(bytes >= all ? steps : Math.toIntExact(bytes / LOADING_STEP_BYTES), steps);
        };
    }
}
