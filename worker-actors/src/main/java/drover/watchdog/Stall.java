package drover.watchdog;

import drover.inference.AttemptId;
import drover.inference.CborSerializable;
import drover.inference.Position;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What a watchdog knew when it gave a verdict. Times since an event are on the watchdog's own monotonic clock.
 *
 * @param attempt the attempt that no longer advances
 * @param model the model it runs
 * @param position the highest position it has reached
 * @param sinceAdvance since the last advance arrived, or since the watch began if there was none
 * @param sinceHeartbeat since the last heartbeat arrived; empty if there was none
 * @param idleReports positions reported since the last advance that were not beyond it; many of them mean a livelock
 * @param limit how long the phase may go without an advance
 * @param origin where that limit came from, such as {@code configured inference_step_timeout=15s}
 * @param watchdog which watchdog saw it: {@code node} or {@code control}
 * @param at when the verdict was given, wall-clock time
 */
public record Stall(
        AttemptId attempt,
        String model,
        Position position,
        Duration sinceAdvance,
        Optional<Duration> sinceHeartbeat,
        int idleReports,
        Duration limit,
        String origin,
        String watchdog,
        Instant at)
        implements CborSerializable {

    /** How much of the phase was done, 0 to 100. */
    public int percent() {
        return position.percent();
    }
}
