package drover.bench;

import drover.client.JobRequest;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Callers that keep a Drover busy: each submits on a connection of its own, one job after another, as long as not too
 * many jobs are on their way and, if a pace is set, not sooner than it allows.
 */
final class JobStream implements AutoCloseable {
    private static final Duration LOOK = Duration.ofMillis(10);
    private static final Duration NAP = Duration.ofMillis(1);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final double UNBOUNDED = Double.POSITIVE_INFINITY;

    private final Rig rig;
    private final int window;
    private final AtomicLong submitted = new AtomicLong();
    private final AtomicLong accepted = new AtomicLong();
    private final AtomicReference<IOException> failure = new AtomicReference<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile long delivered;
    private volatile Pace pace = new Pace(UNBOUNDED, 0, 0);
    private volatile boolean ending;
    private volatile boolean over;

    /**
     * @param perSecond how many jobs may be submitted
     * @param from how many had been when this began to hold
     * @param since when that was
     */
    private record Pace(double perSecond, long from, long since) {
        boolean allows(long number) {
            return perSecond == UNBOUNDED || (System.nanoTime() - since) / 1e9 * perSecond >= number - from;
        }
    }

    private JobStream(Rig rig, int window) {
        this.rig = rig;
        this.window = window;
    }

    /**
     * Starts to submit.
     *
     * @param callers how many connections
     * @param window how many jobs may be on their way, from the submission to the delivery
     */
    static JobStream start(Rig rig, JobRequest job, int callers, int window) throws IOException {
        JobStream stream = new JobStream(rig, window);
        URI server = rig.server();
        for (int i = 0; i < callers; i++) {
            Submitter submitter = new Submitter(server, job);
            stream.threads.add(
                    Thread.ofPlatform().daemon().name("bench-caller-" + i).start(() -> stream.call(submitter)));
        }
        stream.threads.add(Thread.ofPlatform().daemon().name("bench-look").start(stream::look));
        return stream;
    }

    /** From now on not more than so many a second. */
    void setPace(double perSecond) {
        pace = new Pace(perSecond, submitted.get(), System.nanoTime());
    }

    /** How many jobs have been delivered, as of some milliseconds ago. */
    long delivered() throws BenchException {
        IOException broken = failure.get();
        if (broken != null) {
            throw new BenchException("a job was not accepted: " + broken.getMessage(), broken);
        }
        return delivered;
    }

    private void call(Submitter submitter) {
        try (submitter) {
            while (!ending) {
                long number = submitted.get();
                if (number - delivered >= window || !pace.allows(number)) {
                    LockSupport.parkNanos(NAP.toNanos());
                } else if (submitted.compareAndSet(number, number + 1)) {
                    submitter.submit();
                    accepted.incrementAndGet();
                }
            }
        } catch (IOException e) {
            failure.compareAndSet(null, e);
        }
    }

    /** The jobs that the ledger no longer has on its way have been delivered, or have failed; that shows in the end. */
    private void look() {
        while (!over) {
            long known = accepted.get();
            delivered = Math.max(delivered, known - rig.ledger().unfinished());
            LockSupport.parkNanos(LOOK.toNanos());
        }
    }

    /** Submits no more, waits for the last job, and says how many there were. */
    long end() throws BenchException, InterruptedException {
        ending = true;
        long patience = System.nanoTime() + PATIENCE.toNanos();
        for (Thread thread : threads.subList(0, threads.size() - 1)) {
            thread.join(PATIENCE);
        }
        while (delivered() < accepted.get()) {
            if (System.nanoTime() > patience) {
                throw new BenchException((accepted.get() - delivered) + " jobs were not delivered");
            }
            TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
        }
        return accepted.get();
    }

    @Override
    public void close() {
        ending = true;
        over = true;
    }
}
