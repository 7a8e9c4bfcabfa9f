package drover.watchdog;

import drover.inference.CborSerializable;
import java.time.Duration;

/**
 * What a watchdog has counted since it started. {@code watched} and {@code nodes} are levels, the rest only grow.
 *
 * @param watched attempts watched now
 * @param nodes how many nodes are listened for
 * @param advances reports that were strictly beyond the highest position of their attempt
 * @param idleReports reports that were not
 * @param heartbeats heartbeats of watched attempts
 * @param lateAdvances advances of attempts that had a verdict already; many of them mean that a timeout is too short
 * @param strays messages about attempts that are not watched (any more)
 * @param cancels verdicts to cancel
 * @param restarts verdicts to restart an actor
 * @param replacements verdicts to replace a process
 * @param silentNodes nodes reported silent
 * @param slept how long the watchdog itself could not run and therefore did not count against anyone
 */
public record WatchCounts(
        int watched,
        int nodes,
        long advances,
        long idleReports,
        long heartbeats,
        long lateAdvances,
        long strays,
        long cancels,
        long restarts,
        long replacements,
        long silentNodes,
        Duration slept)
        implements CborSerializable {}
