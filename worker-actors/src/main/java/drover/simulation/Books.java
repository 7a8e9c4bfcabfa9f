package drover.simulation;

import drover.board.SlotCommand;
import drover.board.SlotId;
import drover.feed.JobFeed;
import drover.inference.AttemptId;
import drover.inference.JobId;
import drover.job.AttemptOutcome;
import drover.job.Job;
import drover.job.JobEvent;
import drover.job.JobState;
import drover.job.Priority;
import drover.ledger.JobLedger;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Keeps account of a run and says what is wrong with it, as soon as it is. It knows three truths: what the board has
 * decided, what is on disk, and what the runners are really doing; none of the rules gets to see it.
 */
final class Books {
    private final World world;
    private final Map<JobId, Order> orders = new HashMap<>();
    private final Map<JobId, View> board = new HashMap<>();
    private final Map<Line, TreeSet<View>> waiting = new HashMap<>();
    private final Map<JobId, Truth> runs = new HashMap<>();
    private final Map<JobId, JobState> ended = new HashMap<>();
    private final Map<Integer, JobId> told = new HashMap<>();
    private @Nullable HostProcess inOffice;
    private @Nullable Disk disk;
    private int term;
    private int unfinished;

    Books(World world) {
        this.world = world;
    }

    /** Jobs of one kind, among which only their age counts. */
    private record Line(String model, Priority priority) {}

    /** A job as the board has it. */
    private static final class View {
        private static final Comparator<View> BY_AGE =
                Comparator.<View, Instant>comparing(v -> v.job.accepted()).thenComparing(v -> v.job.id());

        private final Job job;
        private int attempt;
        private boolean out;
        private boolean produced;

        private View(Job job) {
            this.job = job;
            this.attempt = job.attempts().size();
            this.out = job.state().isOut();
            this.produced = job.state() == JobState.PRODUCED;
        }

        private Line line() {
            return new Line(job.request().model(), job.priority());
        }
    }

    // ---- what happens to processes

    /** What all that is said to be written has to be on. */
    void lieOn(Disk here) {
        disk = here;
    }

    /** The board's process ends, or is given up: nobody knows what is out until the next board does. */
    void boardEnds() {
        inOffice = null;
        term++;
        board.clear();
        waiting.clear();
    }

    /** The board of this process is the one that counts. */
    void boardBegins(HostProcess process) {
        inOffice = process;
    }

    /** Words get lost on their way to the board, or no longer do: nobody can be blamed for what was not heard. */
    void boardIsHardToReach() {
        term++;
    }

    /** Whether there is a board that counts. */
    boolean isBoardInOffice() {
        return inOffice != null;
    }

    /** How many boards there were, and more; it differs if something has happened between board and keepers. */
    int term() {
        return term;
    }

    // ---- what runners do

    /** A runner begins with an attempt. */
    Truth runs(AttemptId attempt, GpuProcess process) {
        Truth before = runs.get(attempt.job());
        if (before != null) {
            before.isFollowedBy(attempt, process);
        }
        Truth truth = new Truth(world, this, attempt, process);
        runs.put(attempt.job(), truth);
        return truth;
    }

    /** Whether the board has the attempt out. */
    boolean isOut(AttemptId attempt) {
        View view = board.get(attempt.job());
        return view != null && view.out && view.attempt == attempt.number();
    }

    // ---- what the board does

    /** The board, or the delivery, tells the followers of a job. */
    void followed(JobFeed.Command word, HostProcess by) {
        if (by == inOffice
                && word instanceof JobFeed.Changed(Job job)
                && !job.state().isTerminal()
                && !board.containsKey(job.id())) {
            View view = new View(job);
            board.put(job.id(), view);
            if (job.state() == JobState.QUEUED && job.attempts().isEmpty()) {
                waiting.computeIfAbsent(view.line(), _ -> new TreeSet<>(View.BY_AGE))
                        .add(view);
            }
        }
    }

    /** Somebody published something; the board publishes what it decides. */
    void published(Object event, HostProcess by) {
        world.note(() -> by.name() + ": " + event);
        if (!(event instanceof JobEvent decided) || by != inOffice) {
            return; // What one decides who is not in office is never written.
        }
        View view = board.get(decided.job());
        if (view == null) {
            throw new Violation("the board decides about its own jobs", decided + " is about another");
        }
        switch (decided) {
            case JobEvent.Assigned e -> onAssigned(e, view);
            case JobEvent.AttemptEnded e -> onAttemptEnded(e, view);
            case JobEvent.Produced e -> {
                requireCurrent(e.attempt(), view, e);
                view.out = false;
                view.produced = true;
            }
            case JobEvent.Faulted _, JobEvent.Cancelled _, JobEvent.Expired _ -> {
                if (view.produced) {
                    throw new Violation("no finished result is thrown away", decided + " although it is produced");
                }
                view.out = false;
                leavesLine(view);
            }
            case JobEvent.Started e -> requireCurrent(e.attempt(), view, e);
            case JobEvent.Accepted _, JobEvent.Delivered _ -> {}
        }
    }

    private void onAssigned(JobEvent.Assigned e, View view) {
        if (view.out) {
            throw new Violation("at most one live attempt per job", e + " while attempt " + view.attempt + " is out");
        }
        if (e.attempt().number() != view.attempt + 1) {
            throw new Violation("attempt numbers grow by one", e + " follows attempt " + view.attempt);
        }
        leavesLine(view);
        for (View older : waiting.getOrDefault(view.line(), new TreeSet<>(View.BY_AGE))) {
            if (!older.job.accepted().isBefore(view.job.accepted())) {
                break;
            }
            if (!isShortOfTime(older.job, e.at())) {
                throw new Violation(
                        "the queue is served by age within a priority",
                        e + " although " + older.job.id() + " waits since " + older.job.accepted()
                                + " and this one since " + view.job.accepted());
            }
        }
        view.out = true;
        view.attempt = e.attempt().number();
    }

    /** Whether a node may be known not to make it before the job's deadline; then the job may wait for another one. */
    private boolean isShortOfTime(Job job, Instant at) {
        return at.plusNanos(order(job.id()).longest()).isAfter(job.deadline());
    }

    private void leavesLine(View view) {
        TreeSet<View> line = waiting.get(view.line());
        if (line != null) {
            line.remove(view);
        }
    }

    private void onAttemptEnded(JobEvent.AttemptEnded e, View view) {
        Truth truth = runs.get(e.job());
        if (e.outcome() == AttemptOutcome.RESULT_LOST) {
            throw new Violation("no finished result is thrown away", e.toString());
        }
        requireCurrent(e.attempt(), view, e);
        view.out = false;
        if (truth != null && truth.isOf(e.attempt())) {
            truth.isSaidToEnd(e);
        }
    }

    private static void requireCurrent(AttemptId attempt, View view, JobEvent event) {
        if (!view.out || view.attempt != attempt.number()) {
            throw new Violation(
                    "words of old attempts are ignored",
                    event + ", but attempt " + view.attempt + (view.out ? " is out" : " was the last"));
        }
    }

    /** Somebody got an answer. */
    void overheard(Object answer) {
        if (answer instanceof JobLedger.AppendReply.Refused(JobEvent event, String reason)) {
            throw new Violation("board and ledger agree", event + " was refused: " + reason);
        }
        // On one host it may be a moment before what nobody waits for is written, and all of it ends together.
        if (answer instanceof SlotCommand.ResultRecorded(SlotId _, AttemptId attempt)
                && world.plan().shape().shared()
                && disk != null
                && disk.find(attempt.job())
                        .filter(job ->
                                !job.state().isTerminal() && job.attempts().size() < attempt.number())
                        .isPresent()) {
            throw new Violation(
                    "no finished result is thrown away",
                    "the end of " + attempt + " is acknowledged, and the job on disk knows of no such attempt");
        }
    }

    // ---- what is on disk

    /** An event has been written. */
    void onDisk(JobEvent event, Job after) {
        if (event instanceof JobEvent.Accepted) {
            unfinished++;
        }
        if (after.state().isTerminal()) {
            JobState before = ended.put(after.id(), after.state());
            if (before != null) {
                throw new Violation("exactly one terminal state", event + " although it was " + before);
            }
            unfinished--;
        }
    }

    /** An acceptance that nobody was told of has been taken back. */
    void takenBack(Job job) {
        unfinished--;
        if (told.containsValue(job.id())) {
            throw new Violation("what is accepted stays accepted", job.id() + " was taken back");
        }
    }

    /** How many jobs on disk have not come to their end. */
    int unfinished() {
        return unfinished;
    }

    // ---- what callers are told

    /** A caller is about to send an order under this id. */
    void sends(JobId job, Order order) {
        orders.put(job, order);
    }

    Order order(JobId job) {
        Order order = orders.get(job);
        if (order == null) {
            throw new Violation("nothing runs that nobody ordered", job.toString());
        }
        return order;
    }

    /** A caller has been told that its order is accepted as this job. */
    void tells(Order order, JobId job, Disk disk) {
        @Nullable JobId before = told.putIfAbsent(order.index(), job);
        if (before != null && !before.equals(job)) {
            throw new Violation("one key, one job", "order " + order.index() + " is both " + before + " and " + job);
        }
        if (disk.find(job).isEmpty()) {
            throw new Violation("accepted means on disk", job + " is not there");
        }
    }

    /** The run is over. */
    void close(Disk disk) {
        told.forEach((order, job) -> {
            if (!ended.containsKey(job)) {
                throw new Violation(
                        "what is accepted comes to an end",
                        job + " is "
                                + disk.find(job).map(j -> j.state().toString()).orElse("gone") + " at the end");
            }
        });
        for (Job job : disk.all()) {
            if (!job.state().isTerminal()) {
                throw new Violation("what is accepted comes to an end", job.id() + " is " + job.state());
            }
        }
    }
}
