package drover.node;

import drover.node.NodeKeeper.Command;
import drover.rules.Surroundings;
import drover.watchdog.Quarantine;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Who of a node's processes serves and who stands by, and what follows when one of them is gone: the next one at once,
 * after a pause, or none. Owned by the keeper; not thread-safe.
 */
final class Succession {
    /** A standby that fails is not urgent. */
    private static final Duration STANDBY_PAUSE = Duration.ofSeconds(10);

    private final Surroundings<Command> around;
    private final TimerScheduler<Command> timers;
    private final GpuDevice device;
    private final KeeperRecord record;
    private final Children children;
    private final Seats seats;
    private final Supplier<NodeSettings> settings;

    /**
     * Nobody in office.
     *
     * @param settings those of the moment
     */
    Succession(
            Surroundings<Command> around,
            GpuDevice device,
            KeeperRecord record,
            Children children,
            Seats seats,
            Supplier<NodeSettings> settings) {
        this.around = around;
        this.timers = around.timers();
        this.device = device;
        this.record = record;
        this.children = children;
        this.seats = seats;
        this.settings = settings;
    }

    /** The standby takes over, if there is one; it may still be starting. */
    void takeNext(NodeState next) {
        record.become(next, record.note());
        seats.promote(this::launch);
        activateIfAlone();
    }

    /** Gives the serving process its work, once no other one is left that could hold the GPU's memory. */
    void activateIfAlone() {
        Optional<Child> ready = seats.serving().filter(c -> c.isReady() && !c.isActivated());
        if (ready.isEmpty() || children.hasCondemned() || record.is(NodeState.DRAINING)) {
            return;
        }
        ready.get().activate(settings.get().actorsPerGpu());
        record.become(NodeState.RUNNING, Optional.empty());
        adjustStandby();
    }

    /** Puts another process in the place of this one, as soon as the node's record allows. */
    void replace(Child child, String reason) {
        if (seats.isStandby(child)) {
            seats.vacateStandby();
            after(NodeKeeper.Timer.STANDBY, STANDBY_PAUSE);
        } else if (seats.isServing(child)) {
            seats.vacateServing();
            if (!record.is(NodeState.DRAINING)) {
                record.failed(reason);
                startNext(reason);
            }
        }
    }

    /** Starts the next process, now or when the node's record allows. */
    void startNext(String reason) {
        switch (record.standing()) {
            case Quarantine.Standing.Ready _ -> {
                record.become(NodeState.REPLACING, Optional.of(reason));
                takeNext(NodeState.REPLACING);
            }
            case Quarantine.Standing.BackingOff it -> waitUntil(NodeState.BACKING_OFF, reason, Optional.of(it.until()));
            case Quarantine.Standing.Quarantined it -> {
                dismissStandby();
                waitUntil(NodeState.QUARANTINED, it.lock().reason(), it.lock().until());
            }
        }
    }

    /** Has a standby if one is wanted, and else none. */
    void adjustStandby() {
        if (!settings.get().warmStandby()) {
            dismissStandby();
        } else if (seats.standby().isEmpty() && record.is(NodeState.RUNNING)) {
            seats.standBy(launch());
        }
    }

    void dismissStandby() {
        seats.standby().ifPresent(Child::dismiss);
        seats.vacateStandby();
        timers.cancel(NodeKeeper.Timer.STANDBY);
    }

    private Child launch() {
        Child child = children.launch(settings.get());
        after(
                new NodeKeeper.LaunchTimedOut(child.launch()),
                settings.get().limits().launch());
        return child;
    }

    private void waitUntil(NodeState next, String reason, Optional<Instant> end) {
        record.become(next, Optional.of(reason), end);
        end.ifPresent(at -> {
            Duration pause = Duration.between(record.now(), at);
            after(NodeKeeper.Timer.RETRY, pause.isNegative() ? Duration.ZERO : pause);
        });
        around.log().warn("node {} is {}: {}", device.node(), next, reason);
    }

    private void after(Command message, Duration delay) {
        timers.startSingleTimer(message, message, delay);
    }
}
