package drover.simulation;

import drover.inference.JobId;
import drover.job.Job;
import drover.job.JobState;
import drover.ledger.Entry;
import drover.ledger.JobLedger;
import drover.ledger.LedgerStore;
import drover.ledger.TakenOverException;
import drover.ledger.WriteFailedException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;

/**
 * The simulated job database: it keeps what a transaction has written through every crash, is slow, and fails. A
 * transaction is there wholly or not at all, but whoever wrote it does not always learn which.
 */
final class Disk {
    private final World world;
    private final SplittableRandom random;
    private final Map<JobId, Row> rows = new LinkedHashMap<>();
    private final Map<String, Key> keys = new HashMap<>();
    private long nextOrdinal = 1;
    private long slowUntil;
    private long slowBy;
    private long brokenUntil;

    private record Row(Job job, int seq, long ordinal) {}

    private record Key(String hash, JobId job) {}

    Disk(World world) {
        this.world = world;
        this.random = Dice.of(world.plan().seed(), 4);
    }

    void slow(long until, long by) {
        slowUntil = until;
        slowBy = by;
    }

    void breakUntil(long until) {
        brokenUntil = until;
    }

    /** The database as one control process has it open. */
    Session open(HostProcess process) {
        return new Session(process);
    }

    /** What is on disk of a job. */
    Optional<Job> find(JobId job) {
        return Optional.ofNullable(rows.get(job)).map(Row::job);
    }

    /** Everything on disk, oldest first. */
    List<Job> all() {
        return rows.values().stream().map(Row::job).toList();
    }

    final class Session implements LedgerStore {
        private final HostProcess process;
        private final Deque<Runnable> writes = new ArrayDeque<>();
        private boolean overtaken;
        private long writerFreeAt;

        private Session(HostProcess process) {
            this.process = process;
        }

        /** The process has been killed: what was being written may have got through. */
        void cut() {
            if (!writes.isEmpty() && random.nextBoolean()) {
                writes.remove().run();
            }
            writes.clear();
        }

        /** Another process has taken the database over. */
        void overtake() {
            overtaken = true;
        }

        @Override
        public Recovered recover() {
            return new Recovered(
                    nextOrdinal,
                    rows.values().stream()
                            .filter(row -> !row.job.state().isTerminal())
                            .sorted(Comparator.comparingLong(Row::ordinal))
                            .map(row -> new Recovered.Kept(row.job, row.seq))
                            .toList());
        }

        @Override
        public List<Entry.Outcome> write(Entry.Batch batch) throws WriteFailedException {
            if (overtaken) {
                throw new WriteFailedException(false, new TakenOverException());
            }
            boolean broken = world.now() < brokenUntil;
            if (broken && random.nextBoolean()) {
                throw new WriteFailedException(
                        random.nextBoolean(),
                        new IllegalStateException("the simulated disk is broken; nothing was written"));
            }
            List<Entry.Outcome> outcomes;
            try {
                outcomes = apply(batch);
            } catch (Violation e) {
                throw world.broken(e); // The ledger would take it for a failure of the disk.
            }
            if (broken) {
                throw new WriteFailedException(
                        true, new IllegalStateException("the simulated disk is broken; it was written all the same"));
            }
            return outcomes;
        }

        @Override
        public Optional<Job> find(JobId job) {
            return Disk.this.find(job);
        }

        @Override
        public List<Job> query(Optional<JobState> state, Optional<String> model, Optional<JobId> before, int limit) {
            return rows.values().stream()
                    .filter(row -> state.isEmpty() || row.job.state().equals(state.get()))
                    .filter(row -> model.isEmpty() || row.job.request().model().equals(model.get()))
                    .sorted(Comparator.comparingLong(Row::ordinal).reversed())
                    .dropWhile(row -> before.isPresent() && !row.job.id().equals(before.get()))
                    .skip(before.isPresent() ? 1 : 0)
                    .limit(limit)
                    .map(Row::job)
                    .toList();
        }

        @Override
        public Executor writer() {
            return task -> {
                writes.add(task);
                long takes = Dice.spread(random, 500_000L, 8_000_000L);
                if (world.now() < slowUntil) {
                    takes += random.nextLong(slowBy + 1);
                }
                writerFreeAt = Math.max(world.now(), writerFreeAt) + takes;
                process.at(writerFreeAt, () -> {
                    writes.remove();
                    task.run();
                });
            };
        }

        @Override
        public Executor readers() {
            return task -> process.at(world.now() + world.shortWhile(process), task);
        }

        @Override
        public void close() {
            // What the writer has been given has been written: closing comes after it.
        }
    }

    private List<Entry.Outcome> apply(Entry.Batch batch) {
        batch.withdrawn().forEach(this::takeBack);
        List<Entry.Outcome> outcomes = new ArrayList<>(batch.entries().size());
        for (Entry entry : batch.entries()) {
            outcomes.add(
                    switch (entry) {
                        case Entry.Acceptance acceptance -> accept(acceptance);
                        case Entry.Addition addition -> add(addition, batch.afterFailure());
                    });
        }
        return outcomes;
    }

    private void takeBack(Entry.Acceptance acceptance) {
        JobId id = acceptance.event().job();
        Row row = rows.get(id);
        if (row != null && row.ordinal == acceptance.ordinal()) {
            rows.remove(id);
            keys.values().removeIf(key -> key.job.equals(id));
            world.books().takenBack(row.job);
        }
    }

    private Entry.Outcome accept(Entry.Acceptance acceptance) {
        Row same = rows.get(acceptance.event().job());
        if (same != null) {
            return same.ordinal == acceptance.ordinal()
                    ? new Entry.Outcome.Written()
                    : new Entry.Outcome.Repeated(same.job);
        }
        Optional<JobLedger.IdempotencyKey> key = acceptance.key();
        if (key.isPresent()) {
            Key known = keys.get(key.get().key());
            if (known != null) {
                Row row = rows.get(known.job);
                return row != null && known.hash.equals(key.get().requestHash())
                        ? new Entry.Outcome.Repeated(row.job)
                        : new Entry.Outcome.KeyConflict(known.job);
            }
            keys.put(
                    key.get().key(),
                    new Key(key.get().requestHash(), acceptance.event().job()));
        }
        Job job = Job.of(acceptance.event());
        rows.put(job.id(), new Row(job, 1, acceptance.ordinal()));
        nextOrdinal = Math.max(nextOrdinal, acceptance.ordinal() + 1);
        world.books().onDisk(acceptance.event(), job);
        return new Entry.Outcome.Written();
    }

    private Entry.Outcome add(Entry.Addition addition, boolean mayBeThere) {
        JobId id = addition.after().id();
        Row row = rows.get(id);
        if (row == null) {
            throw new Violation("an event belongs to a job on disk", addition.event() + " belongs to none");
        }
        if (mayBeThere && row.seq >= addition.seq()) {
            return new Entry.Outcome.Written();
        }
        if (row.seq + 1 != addition.seq()) {
            throw new Violation(
                    "events of a job are numbered without gaps",
                    addition.event() + " has number " + addition.seq() + " after " + row.seq);
        }
        rows.put(id, new Row(addition.after(), addition.seq(), row.ordinal));
        world.books().onDisk(addition.event(), addition.after());
        return new Entry.Outcome.Written();
    }
}
