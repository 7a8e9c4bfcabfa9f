package drover.simulation;

import drover.inference.AttemptId;
import drover.inference.Phase;
import drover.inference.Position;
import drover.job.AttemptOutcome;
import drover.job.JobEvent;

/** What an attempt is really doing, whatever is said of it; {@link Books} compares the two. */
final class Truth {
    /** What a hung attempt may take beyond its deadlines: ways, pulses, busy dispatchers. */
    private static final long SLACK = 3_000_000_000L;

    /** How long a finished result may take to be recorded while everybody lives. */
    private static final long REPORT = 12_000_000_000L;

    private final World world;
    private final Books books;
    private final AttemptId attempt;
    private final GpuProcess process;
    private final int turns;
    private final int keeperTurns;
    private final int bornIn;
    private Position position = Position.entering(Phase.STARTING, 1);
    private long advancedAt;
    private long producedAt = -1;
    private boolean stuck;
    private boolean failed;
    private boolean cancelled;
    private boolean handedBack;
    private boolean over;

    Truth(World world, Books books, AttemptId attempt, GpuProcess process) {
        this.world = world;
        this.books = books;
        this.attempt = attempt;
        this.process = process;
        this.turns = process.host().turns();
        this.keeperTurns = process.keeper().turns();
        this.bornIn = books.term();
        this.advancedAt = world.now();
    }

    boolean isOf(AttemptId other) {
        return attempt.equals(other);
    }

    Position position() {
        return position;
    }

    void advanced(long now, Position to) {
        if (to.isBeyond(position)) {
            position = to;
            advancedAt = now;
        }
    }

    /** It no longer gets anywhere; within its deadlines somebody has to notice. */
    void sticks() {
        stuck = true;
        Plan.Shape shape = world.plan().shape();
        long noticed = advancedAt
                + process.limit(position.phase())
                + Machine.GRACE.toNanos() * 2
                + shape.margin().toNanos()
                + SLACK;
        world.timeline().at(noticed, () -> {
            if (stuck && !over && books.isOut(attempt) && !isExcused()) {
                throw new Violation(
                        "a hung attempt is not missed",
                        attempt + " stands at " + position + " on " + process + " since " + Trouble.seconds(advancedAt)
                                + " and is still out");
            }
        });
    }

    void fails() {
        failed = true;
    }

    void cancelled() {
        cancelled = true;
    }

    void over() {
        over = true;
    }

    /** Its result is stored and has been told to its node. */
    void produces(long now) {
        producedAt = now;
        world.timeline().at(now + REPORT, () -> {
            if (books.isOut(attempt) && !process.host().isDead() && !isExcused()) {
                throw new Violation(
                        "no finished result is thrown away",
                        attempt + " was finished at " + Trouble.seconds(producedAt) + " and nobody knows of it");
            }
        });
    }

    /** Another attempt of the job begins; complains if it may not. */
    void isFollowedBy(AttemptId next, GpuProcess on) {
        if (attempt.number() >= next.number()
                && process != on
                && !process.host().isDead()) {
            throw new Violation(
                    "an attempt's number is given once",
                    next + " begins on " + on + " although " + attempt + " was given to " + process + ", which lives");
        }
        // On several hosts a keeper may hear late that its attempt was given up; what it reports then does not count.
        if (!world.plan().shape().shared()
                && !over
                && !stuck
                && !cancelled
                && !handedBack // Its node reports nothing more of it, and its runner is being told to stop.
                && !process.host().isDead()
                && !isExcused()) {
            throw new Violation(
                    "at most one live attempt per job",
                    next + " begins on " + on + " while " + attempt + " still runs on " + process);
        }
    }

    /** The board says that it has ended like this; complains if that is wrong. */
    void isSaidToEnd(JobEvent.AttemptEnded e) {
        handedBack = e.outcome() == AttemptOutcome.HANDED_BACK;
        if (e.outcome() == AttemptOutcome.STALLED && !stuck && !isExcused()) {
            throw new Violation(
                    "a healthy attempt is not killed",
                    e + ", but it stands at " + position + " since " + Trouble.seconds(advancedAt));
        }
        if (e.outcome() == AttemptOutcome.FAILED && !failed) {
            throw new Violation("only what failed is called so", e.toString());
        }
        if (producedAt >= 0 && world.now() - producedAt > REPORT && !isExcused()) {
            throw new Violation("no finished result is thrown away", e + ", but it was finished");
        }
    }

    /** Whether somebody was stopped meanwhile, so that nothing can be said about who should have noticed what. */
    private boolean isExcused() {
        return !books.isBoardInOffice()
                || bornIn != books.term()
                || process.keeper().isDead()
                || process.keeper().isStopped()
                || process.keeper().turns() != keeperTurns
                || process.host().turns() != turns;
    }
}
