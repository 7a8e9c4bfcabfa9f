package drover.node;

import drover.inference.AttemptId;
import drover.inference.InferenceActor;
import drover.inference.Position;
import drover.inference.Preview;
import drover.job.AttemptEnd;
import drover.job.AttemptTimings;
import drover.watchdog.Stall;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * A node's line to its keeper. What it has to report about the end of an attempt it repeats until that is in the ledger;
 * so it does with its wish to be replaced, until it is ended. Owned by the node; not thread-safe.
 */
final class KeeperLine {
    private final ActorRef<NodeKeeper.FromNode> keeper;
    private final long launch;
    private final Map<AttemptId, NodeKeeper.FromNode> unrecorded = new LinkedHashMap<>();
    private Optional<NodeKeeper.ReplaceMe> condemnation = Optional.empty();

    KeeperLine(ActorRef<NodeKeeper.FromNode> keeper, long launch) {
        this.keeper = keeper;
        this.launch = launch;
    }

    void tell(NodeKeeper.FromNode word) {
        keeper.tell(word);
    }

    void askForWork(int slot, Set<String> resident, boolean checks) {
        keeper.tell(new NodeKeeper.SlotIdle(launch, slot, resident, checks));
    }

    void slotClosed(int slot) {
        keeper.tell(new NodeKeeper.SlotClosed(launch, slot));
    }

    void advanced(int slot, AttemptId attempt, Position position) {
        keeper.tell(new NodeKeeper.Advanced(launch, slot, attempt, position));
    }

    void heartbeat(AttemptId attempt) {
        keeper.tell(new NodeKeeper.Heartbeat(launch, attempt));
    }

    void previewed(AttemptId attempt, Preview preview) {
        keeper.tell(new NodeKeeper.Previewed(launch, attempt, preview));
    }

    void actorRestarted(int slot, Stall stall) {
        keeper.tell(new NodeKeeper.ActorRestarted(launch, slot, stall));
    }

    /** The process has to be replaced; only the first reason counts. */
    void replaceMe(ReplaceReason reason) {
        condemnation = Optional.of(new NodeKeeper.ReplaceMe(launch, reason));
        condemnation.ifPresent(keeper::tell);
    }

    boolean isCondemned() {
        return condemnation.isPresent();
    }

    void produced(int slot, InferenceActor.Produced it, AttemptTimings timings) {
        report(it.attempt(), new NodeKeeper.Produced(launch, slot, it.attempt(), it.assets(), timings));
    }

    void ended(int slot, AttemptId attempt, AttemptEnd end) {
        report(attempt, new NodeKeeper.AttemptEnded(launch, slot, attempt, end));
    }

    private void report(AttemptId attempt, NodeKeeper.FromNode report) {
        unrecorded.put(attempt, report);
        keeper.tell(report);
    }

    /** The end of this attempt is in the ledger. */
    void recorded(AttemptId attempt) {
        unrecorded.remove(attempt);
    }

    boolean hasUnrecorded() {
        return !unrecorded.isEmpty();
    }

    /** Says again what has not been answered. */
    void repeat() {
        condemnation.ifPresent(keeper::tell);
        unrecorded.values().forEach(keeper::tell);
    }
}
