package drover.node;

import drover.board.JobBoard;
import drover.board.SlotCommand;
import drover.board.SlotId;
import drover.inference.AttemptId;
import drover.inference.Position;
import drover.inference.Preview;
import drover.job.AttemptEnd;
import drover.job.AttemptOutcome;
import drover.job.AttemptTimings;
import drover.watchdog.PhaseTimeouts;
import drover.watchdog.Rungs;
import drover.watchdog.Verdict;
import drover.watchdog.Watchdog;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * A keeper's line to the board: which slots of its processes take work, which attempts are out with them, and what has
 * been said about their ends. Every attempt that was taken on ends in exactly one report, and a report is repeated until
 * the board has it in the ledger: the end of a process loses none that had already arrived. Owned by the keeper; not
 * thread-safe.
 */
final class AttemptDesk {
    private final ActorRef<JobBoard.Command> board;
    private final ActorRef<Watchdog.Command> watchdog;
    private final ActorRef<SlotCommand> keeper;
    private final ActorRef<Verdict> verdicts;
    private final InstantSource clock;
    private final Map<AttemptId, Out> out = new LinkedHashMap<>();
    private final Map<AttemptId, JobBoard.Command> unrecorded = new HashMap<>();

    /** An attempt that is out. */
    record Out(SlotId slot, AttemptId attempt, String model, Optional<Position> position, Instant lastAdvance) {
        private Out at(Position next, Instant now) {
            return new Out(slot, attempt, model, Optional.of(next), now);
        }
    }

    AttemptDesk(
            ActorRef<JobBoard.Command> board,
            ActorRef<Watchdog.Command> watchdog,
            ActorRef<SlotCommand> keeper,
            ActorRef<Verdict> verdicts,
            InstantSource clock) {
        this.board = board;
        this.watchdog = watchdog;
        this.keeper = keeper;
        this.verdicts = verdicts;
        this.clock = clock;
    }

    /** The attempt goes out to a process. */
    void take(SlotCommand.Offer offer, PhaseTimeouts timeouts) {
        String model = offer.request().model();
        out.putIfAbsent(
                offer.attempt(), new Out(offer.slot(), offer.attempt(), model, Optional.empty(), clock.instant()));
        watchdog.tell(new Watchdog.Watch(offer.attempt(), model, timeouts, Rungs.REPLACE_ONLY, verdicts));
    }

    void refuse(SlotCommand.Offer offer, String reason) {
        report(
                offer.attempt(),
                ended(
                        offer.slot(),
                        offer.attempt(),
                        AttemptEnd.handedBack("drover:node.unavailable", reason, AttemptTimings.NONE)));
    }

    void advanced(AttemptId attempt, Position position) {
        Out known = out.get(attempt);
        if (known == null) {
            return;
        }
        watchdog.tell(new Watchdog.Advanced(attempt, position));
        if (known.position().filter(p -> !position.isBeyond(p)).isEmpty()) {
            out.put(attempt, known.at(position, clock.instant()));
            board.tell(new JobBoard.Advanced(known.slot(), attempt, position));
        }
    }

    void heartbeat(AttemptId attempt) {
        if (out.containsKey(attempt)) {
            watchdog.tell(new Watchdog.Heartbeat(attempt));
        }
    }

    void previewed(AttemptId attempt, Preview preview) {
        if (out.containsKey(attempt)) {
            board.tell(new JobBoard.Previewed(attempt, preview));
        }
    }

    /** What a node reports; false if the attempt had ended otherwise before. */
    boolean produced(SlotId slot, NodeKeeper.Produced it) {
        return report(it.attempt(), new JobBoard.Produced(slot, it.attempt(), it.assets(), it.timings(), keeper));
    }

    /** What a node reports; false if the attempt had ended otherwise before. */
    boolean ended(SlotId slot, NodeKeeper.AttemptEnded it) {
        return report(it.attempt(), ended(slot, it.attempt(), it.end()));
    }

    /** The attempt is lost, by the word of the keeper. */
    void lost(Out lost, AttemptOutcome outcome, String code, String reason) {
        report(lost.attempt(), ended(lost.slot(), lost.attempt(), AttemptEnd.unmeasured(outcome, code, reason)));
    }

    void recorded(AttemptId attempt) {
        unrecorded.remove(attempt);
    }

    boolean hasUnrecorded() {
        return !unrecorded.isEmpty();
    }

    /** Says again what the board may not have heard, or may have been told before it was there. */
    void repeat() {
        unrecorded.values().forEach(board::tell);
        out.values().forEach(o -> board.tell(new JobBoard.StillOut(o.slot(), o.attempt(), o.position(), keeper)));
    }

    Optional<Out> find(AttemptId attempt) {
        return Optional.ofNullable(out.get(attempt));
    }

    List<Out> of(long launch) {
        return matching(o -> o.slot().launch() == launch);
    }

    /** The slot waits for work; the board is told, also again. */
    void openSlot(Child child, int slot) {
        child.slots().add(slot);
        Set<String> models = child.hello().map(NodeKeeper.Hello::models).orElse(Set.of());
        board.tell(new JobBoard.SlotIdle(child.slot(slot), models, child.resident(), child.checks(), keeper));
    }

    /** The slot takes no more work. */
    void closeSlot(Child child, int slot) {
        if (child.slots().remove(slot)) {
            board.tell(new JobBoard.SlotGone(child.slot(slot)));
        }
    }

    void closeSlots(Child child) {
        List.copyOf(child.slots()).forEach(slot -> closeSlot(child, slot));
    }

    /** What each slot of the process is doing. */
    Stream<NodeStatus.Slot> slots(Child child) {
        return child.slots().stream().map(index -> new NodeStatus.Slot(index, at(child.slot(index))));
    }

    private Optional<NodeStatus.Work> at(SlotId slot) {
        return matching(o -> o.slot().equals(slot)).stream()
                .findFirst()
                .map(o -> new NodeStatus.Work(o.attempt(), o.model(), o.position(), o.lastAdvance()));
    }

    /** Reports no more what nobody has recorded; the keeper ends. */
    void giveUp() {
        unrecorded.clear();
    }

    private List<Out> matching(Predicate<Out> which) {
        return out.values().stream().filter(which).toList();
    }

    /** Only the first word about an end counts; a repeated one is repeated to the board, which answers again. */
    private boolean report(AttemptId attempt, JobBoard.Command report) {
        if (unrecorded.containsKey(attempt)) {
            return false;
        }
        if (out.remove(attempt) != null) {
            watchdog.tell(new Watchdog.Unwatch(attempt));
        }
        unrecorded.put(attempt, report);
        board.tell(report);
        return true;
    }

    private JobBoard.AttemptEnded ended(SlotId slot, AttemptId attempt, AttemptEnd end) {
        return new JobBoard.AttemptEnded(slot, attempt, end, keeper);
    }
}
