package drover.bench;

import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.inference.Sampler;
import drover.job.JobEvent;
import drover.job.Priority;
import drover.ledger.JobLedger;
import drover.ledger.JobLedger.AcceptReply;
import drover.ledger.LedgerDatabase;
import drover.ledger.LedgerException;
import drover.ledger.LedgerSettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** A ledger that is open and is given jobs. */
final class LedgerLoad implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long LONGEST_NANOS = Duration.ofMinutes(1).toNanos();
    private static final long SEED = 20260301;

    private final ActorSystem<JobLedger.Command> system;
    private final String prefix;
    private final ImageRequest request = new ImageRequest(
            "emoji-diffusion",
            "a watercolour of a small lighthouse on a cliff above a stormy sea, warm light in its window, gulls",
            "blurry, low quality",
            512,
            512,
            30,
            Sampler.EULER,
            7.5,
            42,
            1,
            1,
            Optional.empty());
    private final AtomicLong next = new AtomicLong();
    private int loads;

    private LedgerLoad(ActorSystem<JobLedger.Command> system, String prefix) {
        this.system = system;
        this.prefix = prefix;
    }

    /**
     * Opens a ledger.
     *
     * @param prefix what the ids of this load's jobs begin with
     */
    static LedgerLoad open(LedgerSettings settings, String prefix) throws BenchException {
        try {
            LedgerDatabase database = LedgerDatabase.open(settings);
            return new LedgerLoad(
                    BenchSystem.start(
                            JobLedger.create(database, settings, new SimpleMeterRegistry()), "drover-bench-ledger"),
                    prefix);
        } catch (LedgerException e) {
            throw new BenchException(String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * Keeps this many jobs on the way to acceptance for as long as that.
     *
     * @return how many were accepted per second
     */
    double saturate(int inFlight, Duration time) throws BenchException {
        AtomicLong accepted = new AtomicLong();
        CountDownLatch answered = new CountDownLatch(inFlight);
        long end = System.nanoTime() + time.toNanos();
        long begin = System.nanoTime();
        AtomicLong last = new AtomicLong(begin);
        ActorRef<AcceptReply> caller = caller(Behaviors.setup(context -> Behaviors.receiveMessage(reply -> {
            long now = System.nanoTime();
            if (reply instanceof AcceptReply.Accepted) {
                accepted.incrementAndGet();
                last.set(now);
            }
            if (reply instanceof AcceptReply.Accepted && now < end) {
                submit(context.getSelf());
            } else {
                answered.countDown();
            }
            return Behaviors.same();
        })));
        for (int i = 0; i < inFlight; i++) {
            submit(caller);
        }
        await(answered);
        return accepted.get() * 1e9 / (last.get() - begin);
    }

    /**
     * Gives jobs at random moments at this mean rate, whether or not earlier ones have been answered, so that a pause
     * counts for every job that it would have held up.
     *
     * @param rate per second
     * @return nanoseconds from the moment when a job was due until its answer
     */
    Histogram openLoop(double rate, Duration time) throws BenchException {
        int count = (int) (rate * time.toMillis() / 1000);
        long[] due = new long[count];
        Random random = new Random(SEED);
        double at = 0;
        for (int i = 0; i < count; i++) {
            at += -Math.log(1 - random.nextDouble()) / rate * 1e9;
            due[i] = (long) at;
        }
        Histogram times = new Histogram(LONGEST_NANOS, 3);
        CountDownLatch answered = new CountDownLatch(count);
        AtomicLong refused = new AtomicLong();
        long first = next.get();
        long begin = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(100);
        ActorRef<AcceptReply> caller = caller(Behaviors.receiveMessage(reply -> {
            if (reply instanceof AcceptReply.Accepted taken) {
                String id = taken.job().id().value();
                int index = (int) (Long.parseLong(id.substring(id.lastIndexOf('-') + 1)) - first);
                times.recordValue(Math.clamp(System.nanoTime() - begin - due[index], 0, LONGEST_NANOS));
            } else {
                refused.incrementAndGet();
            }
            answered.countDown();
            return Behaviors.same();
        }));
        for (int i = 0; i < count; i++) {
            long wait = begin + due[i] - System.nanoTime();
            while (wait > 0) {
                LockSupport.parkNanos(wait);
                wait = begin + due[i] - System.nanoTime();
            }
            submit(caller);
        }
        await(answered);
        if (refused.get() > 0) {
            throw new BenchException(refused.get() + " jobs were refused");
        }
        return times;
    }

    /** Takes one job on, brings it to its end, and gives its id. */
    String finishOne() throws BenchException {
        CountDownLatch ended = new CountDownLatch(1);
        long number = next.get();
        ActorRef<JobLedger.AppendReply> recorder = caller(Behaviors.receiveMessage(reply -> {
            ended.countDown();
            return Behaviors.same();
        }));
        ActorRef<AcceptReply> caller = caller(Behaviors.receiveMessage(reply -> {
            system.tell(new JobLedger.Append(new JobEvent.Cancelled(id(number), Instant.now()), recorder));
            return Behaviors.same();
        }));
        submit(caller);
        await(ended);
        return id(number).value();
    }

    private JobId id(long number) {
        return new JobId(String.format("%s-%012d", prefix, number));
    }

    private <M> ActorRef<M> caller(Behavior<M> behavior) {
        loads++;
        return system.systemActorOf(behavior, "bench-caller-" + loads, Props.empty());
    }

    private void submit(ActorRef<AcceptReply> caller) {
        Instant now = Instant.now();
        system.tell(new JobLedger.Accept(
                new JobEvent.Accepted(id(next.getAndIncrement()), now, request, Priority.NORMAL, now.plusSeconds(600)),
                Optional.empty(),
                caller));
    }

    private static void await(CountDownLatch answered) throws BenchException {
        try {
            if (!answered.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new BenchException(answered.getCount() + " jobs were not answered");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", e);
        }
    }

    @Override
    public void close() throws BenchException {
        try {
            AskPattern.<JobLedger.Command, Done>ask(system, JobLedger.Close::new, PATIENCE, system.scheduler())
                    .toCompletableFuture()
                    .join();
        } catch (CompletionException e) {
            throw new BenchException("the ledger does not close", e);
        } finally {
            BenchSystem.stop(system);
        }
    }
}
