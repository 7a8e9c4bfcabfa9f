package drover.watchdog;

import java.time.Duration;

/**
 * How timeouts are learned.
 *
 * @param enabled whether learned timeouts tighten the configured ones; if not, nothing is learned
 * @param floor no learned timeout is shorter than this, more than zero
 */
public record LearningRules(boolean enabled, Duration floor) {
    /** On; a busy host may pause anything for some seconds, so no deadline below 5 s. */
    public static final LearningRules DEFAULT = new LearningRules(true, Duration.ofSeconds(5));

    public LearningRules {
        PhaseTimeouts.requireUsable("learned-floor", floor);
    }
}
