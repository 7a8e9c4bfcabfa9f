package drover.node;

import drover.job.AttemptOutcome;
import drover.watchdog.Incident;
import java.util.List;
import java.util.Optional;

/**
 * How a process that has to go is ended, and what becomes of the attempts that it ran. It is ended once the stack of the
 * stuck thread is taken and nothing healthy in it needs more time: until its healthy attempts have ended, the next process
 * is ready, or their grace is over. Owned by the keeper; not thread-safe.
 */
final class Eviction {
    private final Children children;
    private final AttemptDesk desk;
    private final Seats seats;

    Eviction(Children children, AttemptDesk desk, Seats seats) {
        this.children = children;
        this.desk = desk;
        this.seats = seats;
    }

    /**
     * The process has to go; its healthy attempts get their grace until {@link #graceOver}. If one of its attempts is to
     * blame, that is lost, and the stack of its thread is taken; {@link #stackTaken} follows.
     */
    void begin(Child child, Child.Condemnation why) {
        child.condemn(why);
        desk.closeSlots(child);
        Optional<AttemptDesk.Out> blamed = why.stall().flatMap(stall -> desk.find(stall.attempt()));
        blamed.ifPresentOrElse(
                out -> children.takeStack(child, out.slot().index()),
                () -> child.stack(new Incident.Stack.NotTaken("no single thread is to blame")));
        blamed.ifPresent(out -> desk.lost(out, AttemptOutcome.STALLED, NodeKeeper.STALLED, why.reason()));
    }

    void stackTaken(Child child, Incident.Stack stack) {
        child.stack(stack);
        endIfDue(child);
    }

    void graceOver(Child child) {
        child.endGrace();
        endIfDue(child);
    }

    void endAllThatAreDue() {
        children.all().forEach(this::endIfDue);
    }

    void endIfDue(Child child) {
        if (child.condemnation().isEmpty() || child.stack().isEmpty()) {
            return;
        }
        boolean nextIsReady = seats.serving().filter(Child::isReady).isPresent();
        if (desk.of(child.launch()).isEmpty() || nextIsReady || child.isGraceOver()) {
            child.kill();
        }
    }

    /**
     * What still ran in a process that has ended. If an attempt was blamed for it, these are bystanders; if nobody else
     * ran, the one that did is blamed for a crash or a silence; a kill from outside is nobody's doing.
     */
    void endAttempts(Child child, List<AttemptDesk.Out> lost, String how, Optional<Integer> code) {
        boolean hasCulprit =
                child.condemnation().flatMap(Child.Condemnation::stall).isPresent();
        boolean byItself = child.condemnation().isPresent()
                || code.filter(NodeExit::isOwnDoing).isPresent();
        String reason = child.condemnation()
                .map(why -> "its process was replaced: " + why.reason())
                .orElse("its process " + how);
        for (AttemptDesk.Out out : lost) {
            if (hasCulprit) {
                desk.lost(
                        out,
                        AttemptOutcome.HANDED_BACK,
                        "drover:node.replaced",
                        "its process was replaced for another attempt's sake");
            } else if (byItself && lost.size() == 1) {
                desk.lost(out, AttemptOutcome.CRASHED, "drover:node.crashed", reason);
            } else {
                desk.lost(out, AttemptOutcome.NODE_LOST, "drover:node.lost", reason);
            }
        }
    }
}
