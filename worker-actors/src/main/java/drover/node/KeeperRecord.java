package drover.node;

import drover.inference.AttemptId;
import drover.watchdog.Incident;
import drover.watchdog.Quarantine;
import drover.watchdog.Rung;
import drover.watchdog.Stall;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;

/** Where a node is in its life and what it has been through, and how that is told. Owned by the keeper; not thread-safe. */
final class KeeperRecord {
    private final GpuDevice device;
    private final InstantSource clock;
    private Quarantine quarantine;
    private NodeState state = NodeState.LAUNCHING;
    private Instant since;
    private Optional<String> note = Optional.empty();
    private Optional<Instant> until = Optional.empty();
    private int restarts;

    KeeperRecord(GpuDevice device, Quarantine.Policy policy, InstantSource clock) {
        this.device = device;
        this.clock = clock;
        this.quarantine = Quarantine.clear(policy);
        this.since = clock.instant();
    }

    NodeState state() {
        return state;
    }

    boolean is(NodeState which) {
        return state == which;
    }

    Instant now() {
        return clock.instant();
    }

    Optional<String> note() {
        return note;
    }

    /** The node is in this state now, for a reason that is shown. */
    void become(NodeState next, Optional<String> why) {
        become(next, why, Optional.empty());
    }

    /** The node is in this state now, until a time at the latest, if there is one. */
    void become(NodeState next, Optional<String> why, Optional<Instant> end) {
        state = next;
        since = clock.instant();
        note = why;
        until = end;
    }

    void failed(String reason) {
        quarantine = quarantine.failed(clock.instant(), reason);
        restarts++;
    }

    void restarted() {
        restarts++;
    }

    void worked() {
        quarantine = quarantine.worked(clock.instant());
    }

    void takenOut(Instant at, String reason) {
        quarantine = quarantine.ordered(at, reason);
    }

    void cleared() {
        quarantine = quarantine.cleared();
    }

    Quarantine.Standing standing() {
        return quarantine.standing(clock.instant());
    }

    /** A stalled attempt cost its actor, not its process. */
    Incident ofActor(Child child, Stall stall) {
        Incident.Stack stack = new Incident.Stack.NotTaken("the runner came back by itself");
        return incident(child, new Incident.Cause.Stalled(stall), Rung.RESTART_ACTOR, stack, List.of(stall.attempt()));
    }

    /**
     * A process has ended, or been ended.
     *
     * @param stillOut what it ran until then
     * @param code how it ended; empty if it could not even be started, which is no incident
     */
    Optional<Incident> ofProcess(Child child, List<AttemptDesk.Out> stillOut, Optional<Integer> code) {
        Optional<Stall> stall = child.condemnation().flatMap(Child.Condemnation::stall);
        List<AttemptId> lost = Stream.concat(
                        stall.map(Stall::attempt).stream(), stillOut.stream().map(AttemptDesk.Out::attempt))
                .distinct()
                .toList();
        return child.condemnation()
                .flatMap(Child.Condemnation::cause)
                .or(() -> code.map(Incident.Cause.Exited::new))
                .map(cause -> incident(child, cause, Rung.REPLACE_PROCESS, child.stackOrWhyNot(), lost));
    }

    private Incident incident(
            Child child, Incident.Cause cause, Rung rung, Incident.Stack stack, List<AttemptId> lost) {
        Instant now = clock.instant();
        String id = child.name() + "-" + now.toEpochMilli();
        return new Incident(
                id, now, device.node(), device.gpu(), cause, rung, child.lastMemory(), stack, lost, List.of());
    }

    NodeStatus status(Optional<Child> shown, List<NodeStatus.Slot> slots, boolean standby) {
        Optional<NodeKeeper.Hello> hello = shown.flatMap(Child::hello);
        return new NodeStatus(
                device,
                state,
                since,
                shown.map(Child::launch).orElse(0L),
                shown.map(Child::pid).orElse(OptionalLong.empty()),
                restarts,
                hello.map(NodeKeeper.Hello::engine),
                hello.map(NodeKeeper.Hello::models).orElse(Set.of()),
                shown.map(Child::resident).orElse(Set.of()),
                shown.filter(Child::checks).isPresent(),
                shown.flatMap(Child::memory),
                slots,
                standby,
                note,
                until);
    }
}
