package drover.simulation;

import drover.inference.AttemptId;
import drover.inference.Phase;
import drover.inference.Position;
import drover.rules.Rules;
import drover.watchdog.PhaseTimeouts;
import drover.watchdog.Stall;
import drover.watchdog.Verdict;
import drover.watchdog.Watchdog;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * A known defect as a watchdog: what is compared with the timeout is the gap between the last two words of an attempt,
 * which is only worked out when a word arrives. Silence never trips it, and the word that ends a long gap condemns.
 */
final class FrozenDelta implements Rules<Watchdog.Command> {
    private final Rules<Watchdog.Command> nodes;
    private final LongSupplier nanoTime;
    private final InstantSource wall;
    private final Map<AttemptId, Watched> watched = new HashMap<>();

    private static final class Watched {
        final Watchdog.Watch watch;
        long heardAt;

        Watched(Watchdog.Watch watch, long now) {
            this.watch = watch;
            this.heardAt = now;
        }
    }

    /**
     * The defect.
     *
     * @param nodes looks after whole nodes, as it should be
     */
    FrozenDelta(Rules<Watchdog.Command> nodes, LongSupplier nanoTime, InstantSource wall) {
        this.nodes = nodes;
        this.nanoTime = nanoTime;
        this.wall = wall;
    }

    @Override
    public boolean hear(Watchdog.Command command) {
        long now = nanoTime.getAsLong();
        switch (command) {
            case Watchdog.Watch it -> watched.putIfAbsent(it.attempt(), new Watched(it, now));
            case Watchdog.Advanced it -> onWord(it.attempt(), it.position(), now);
            case Watchdog.Heartbeat it -> onWord(it.attempt(), Position.entering(Phase.DENOISING, 1), now);
            case Watchdog.Unwatch it -> watched.remove(it.attempt());
            default -> nodes.hear(command);
        }
        return true;
    }

    private void onWord(AttemptId attempt, Position position, long now) {
        Watched it = watched.get(attempt);
        if (it == null) {
            return;
        }
        Duration gap = Duration.ofNanos(now - it.heardAt);
        it.heardAt = now;
        PhaseTimeouts.Limit limit = it.watch.timeouts().limit(Phase.DENOISING);
        if (gap.compareTo(limit.length()) > 0) {
            ActorRef<Verdict> owner = it.watch.owner();
            owner.tell(new Verdict.ReplaceProcess(new Stall(
                    attempt,
                    it.watch.model(),
                    position,
                    gap,
                    Optional.of(gap),
                    0,
                    limit.length(),
                    limit.origin(),
                    "node",
                    wall.instant())));
        }
    }
}
