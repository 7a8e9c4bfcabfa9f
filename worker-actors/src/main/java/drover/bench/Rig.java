package drover.bench;

import drover.client.DroverClient;
import drover.client.DroverException;
import drover.client.JobRequest;
import drover.config.ConfigException;
import drover.config.ConfigLoader;
import drover.config.DroverConfig;
import drover.control.ControlProcess;
import drover.feed.JobFeed;
import drover.inference.AttemptId;
import drover.inference.JobId;
import drover.inference.Position;
import drover.job.Job;
import drover.job.JobState;
import drover.ledger.JobLedger;
import drover.ledger.LedgerException;
import drover.ledger.LedgerStatistics;
import drover.node.NodeState;
import drover.node.NodeStatus;
import drover.node.NodeSupervisor;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;

/**
 * A whole Drover in a folder of its own, on free ports: the real control process with real children, as {@code drover up}
 * starts it. Everything is ended and removed on {@link #close}.
 */
final class Rig implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration ANSWER = Duration.ofSeconds(5);
    private static final int PAGE = 1_000;

    private final Path folder;
    private final DroverConfig config;
    private final ControlProcess control;
    private final URI server;
    private final DroverClient client;
    private int followers;

    /** A piece of news and when it was heard, on {@link System#nanoTime}. */
    record Heard(long nanos, JobFeed.News news) {
        Optional<Position> position() {
            return news instanceof JobFeed.News.Progress p ? Optional.of(p.position()) : Optional.empty();
        }

        Optional<AttemptId> attempt() {
            return news instanceof JobFeed.News.Progress p ? Optional.of(p.attempt()) : Optional.empty();
        }

        Optional<Job> job() {
            return news instanceof JobFeed.News.State s ? Optional.of(s.job()) : Optional.empty();
        }
    }

    private Rig(Path folder, DroverConfig config, ControlProcess control, URI server) {
        this.folder = folder;
        this.config = config;
        this.control = control;
        this.server = server;
        this.client = new DroverClient(server, Optional.empty());
    }

    /**
     * Starts one.
     *
     * @param settings lines of configuration beyond the folder and the ports
     */
    static Rig start(String settings) throws BenchException {
        try {
            Path folder = Files.createTempDirectory("drover-bench");
            Path file = folder.resolve("drover.conf");
            Files.writeString(file, """
                    drover.http.port = 0
                    drover.management.port = 0
                    drover.cluster.port = 0
                    """ + settings);
            DroverConfig config = new ConfigLoader(folder, System.getenv()).load(Optional.of(file));
            ControlProcess control = ControlProcess.start(config, System.getenv(), new SimpleMeterRegistry());
            var address = control.listen(config).toCompletableFuture().join().localAddress();
            URI server = URI.create("http://127.0.0.1:" + address.getPort());
            return new Rig(folder, config, control, server);
        } catch (IOException | LedgerException | ConfigException e) {
            throw new BenchException("a Drover to measure could not be started: " + e.getMessage(), e);
        }
    }

    boolean wantsStandby() {
        return config.nodes().warmStandby();
    }

    /** Where the public port is. */
    URI server() {
        return server;
    }

    ControlProcess control() {
        return control;
    }

    /** Orders a job over HTTP, and gives its id. */
    String submit(JobRequest order) throws BenchException {
        try {
            return client.submit(order, Optional.empty()).id();
        } catch (DroverException e) {
            throw new BenchException("a job was not accepted: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", e);
        }
    }

    List<NodeStatus> nodes() {
        return AskPattern.<NodeSupervisor.Command, NodeSupervisor.Status>ask(
                        control.tree().nodes(),
                        NodeSupervisor.GetStatus::new,
                        ANSWER,
                        control.system().scheduler())
                .toCompletableFuture()
                .join()
                .nodes();
    }

    LedgerStatistics ledger() {
        return AskPattern.ask(
                        control.tree().ledger(),
                        JobLedger.GetStatistics::new,
                        ANSWER,
                        control.system().scheduler())
                .toCompletableFuture()
                .join();
    }

    /** Whether any job is in this state. */
    boolean hasJobs(JobState state) throws BenchException {
        return !jobs(state, 1).isEmpty();
    }

    /** Jobs in this state, newest first. */
    List<Job> jobs(JobState state, int limit) throws BenchException {
        List<Job> all = new ArrayList<>();
        while (all.size() < limit) {
            Optional<JobId> before =
                    all.isEmpty() ? Optional.empty() : Optional.of(all.getLast().id());
            int most = Math.min(PAGE, limit - all.size());
            List<Job> page = page(state, before, most);
            all.addAll(page);
            if (page.size() < most) {
                break;
            }
        }
        return all;
    }

    private List<Job> page(JobState state, Optional<JobId> before, int limit) throws BenchException {
        JobLedger.ReadReply<List<Job>> reply = AskPattern.<JobLedger.Command, JobLedger.ReadReply<List<Job>>>ask(
                        control.tree().ledger(),
                        replyTo -> new JobLedger.Query(Optional.of(state), Optional.empty(), before, limit, replyTo),
                        ANSWER,
                        control.system().scheduler())
                .toCompletableFuture()
                .join();
        return switch (reply) {
            case JobLedger.ReadReply.Found<List<Job>>(List<Job> jobs) -> jobs;
            case JobLedger.ReadReply.Unavailable<List<Job>>(String reason, Duration retryAfter) ->
                throw new BenchException("the ledger cannot be read: " + reason);
        };
    }

    /** Waits for a node to look as wanted, and gives its status and when that was seen. */
    Seen awaitNode(String what, int index, Predicate<NodeStatus> wanted) throws BenchException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() - end < 0) {
            List<NodeStatus> nodes = nodes();
            if (nodes.size() > index && wanted.test(nodes.get(index))) {
                return new Seen(System.nanoTime(), nodes.get(index));
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        }
        throw new BenchException("waited " + PATIENCE.toSeconds() + " s in vain for " + what + ": " + nodes());
    }

    /** A node's status and when it was seen. */
    record Seen(long nanos, NodeStatus status) {}

    void awaitReady(int count) throws BenchException {
        for (int i = 0; i < count; i++) {
            awaitNode("a node to be ready", i, node -> node.state() == NodeState.RUNNING);
        }
    }

    /** Follows a job from now on. */
    Follower follow(String job) {
        BlockingQueue<Heard> heard = new LinkedBlockingQueue<>();
        Behavior<JobFeed.News> listener = Behaviors.receiveMessage(news -> {
            Heard piece = new Heard(System.nanoTime(), news);
            heard.add(piece);
            boolean last = piece.job().filter(it -> it.state().isTerminal()).isPresent();
            return last ? Behaviors.stopped() : Behaviors.same();
        });
        var actor = control.system().systemActorOf(listener, "bench-follower-" + ++followers, Props.empty());
        control.tree().feed().tell(new JobFeed.Follow(new JobId(job), Optional.empty(), actor));
        return new Follower(heard);
    }

    /** What is heard of one job, in order. */
    static final class Follower {
        private final BlockingQueue<Heard> heard;

        private Follower(BlockingQueue<Heard> heard) {
            this.heard = heard;
        }

        Heard await(String what, Predicate<Heard> wanted) throws BenchException {
            long end = System.nanoTime() + PATIENCE.toNanos();
            try {
                while (true) {
                    Heard next = heard.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
                    if (next == null) {
                        throw new BenchException("waited " + PATIENCE.toSeconds() + " s in vain for " + what);
                    }
                    if (wanted.test(next)) {
                        return next;
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new BenchException("interrupted while waiting for " + what, e);
            }
        }

        Job awaitEnd() throws BenchException {
            return await(
                            "the end of the job",
                            h -> h.job().filter(j -> j.state().isTerminal()).isPresent())
                    .job()
                    .orElseThrow();
        }
    }

    @Override
    public void close() {
        client.close();
        control.stop().toCompletableFuture().join();
        try {
            // Not sorted by a stream: there may be hundreds of thousands of results.
            Files.walkFileTree(folder, new Remover());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("cannot remove " + folder, e);
        }
    }

    private static final class Remover extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure) throws IOException {
            if (failure != null) {
                throw failure;
            }
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
        }
    }
}
