package drover.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import drover.job.JobEvent;
import drover.ledger.JobLedger.AcceptReply;
import drover.ledger.JobLedger.AppendReply;
import drover.process.JavaCommand;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real file system without a byte left: a small one in memory, mounted in a namespace of a child process's own. */
class LedgerOnFullDiskTest {
    private static final List<String> NAMESPACE = List.of("unshare", "--user", "--map-root-user", "--mount");
    private static final String MOUNT = "mount -t tmpfs -o size=32m tmpfs \"$0\" && exec \"$@\"";

    @TempDir
    private Path folder;

    /** Run as a process of its own: fills the disk below a ledger, and makes room again. */
    public static final class Child {
        private static final Duration LONG = Duration.ofSeconds(30);
        private static final int BLOCK = 64 * 1024;

        private final ActorSystem<JobLedger.Command> ledger;

        private Child(ActorSystem<JobLedger.Command> ledger) {
            this.ledger = ledger;
        }

        public static void main(String[] args) throws Exception {
            Path disk = Path.of(args[0]);
            LedgerSettings settings = LedgerSettings.h2In(disk)
                    .withWaits(new LedgerSettings.Waits(
                            Duration.ofSeconds(1), Duration.ofMillis(20), Duration.ofMillis(200)));
            Child child = new Child(ActorSystem.create(
                    JobLedger.create(LedgerDatabase.open(settings), settings, new SimpleMeterRegistry()), "child"));
            child.run(disk);
            child.ledger.terminate();
            LedgerDatabase again = LedgerDatabase.open(settings);
            List<String> found = again.query(Optional.empty(), Optional.empty(), Optional.empty(), 1000).stream()
                    .map(job -> job.id().value() + " " + job.state())
                    .toList();
            again.close();
            System.out.println(found);
        }

        private void run(Path disk) throws IOException {
            require(accept("a") instanceof AcceptReply.Accepted, "a job is taken on");
            Path filler = fill(disk);
            AcceptReply refused = accept("refused");
            for (int i = 0; refused instanceof AcceptReply.Accepted; i++) {
                refused = accept("fits" + i); // What H2 has reserved.
            }
            require(refused instanceof AcceptReply.Unavailable, "a full disk refuses jobs, but said " + refused);
            CompletionStage<AppendReply> assigned = append(Jobs.assigned("a", 1));
            CompletionStage<AppendReply> produced = append(Jobs.produced("a", 1));
            require(!produced.toCompletableFuture().isDone(), "nothing can be recorded");
            Files.delete(filler);
            require(assigned.toCompletableFuture().join() instanceof AppendReply.Recorded, "it is recorded at last");
            require(produced.toCompletableFuture().join() instanceof AppendReply.Recorded, "all of it");
            require(accept("b") instanceof AcceptReply.Accepted, "jobs are taken on again");
            ask(JobLedger.Close::new).toCompletableFuture().join();
        }

        private static Path fill(Path disk) throws IOException {
            Path filler = disk.resolve("filler");
            try (OutputStream out = Files.newOutputStream(filler)) {
                for (int size = BLOCK; size > 0; size /= 2) {
                    fillWith(out, new byte[size]);
                }
            }
            return filler;
        }

        private static void fillWith(OutputStream out, byte[] block) {
            try {
                while (true) {
                    out.write(block);
                }
            } catch (IOException e) {
                require(String.valueOf(e.getMessage()).contains("No space left"), "the disk is full: " + e);
            }
        }

        private AcceptReply accept(String id) {
            return this.<AcceptReply>ask(replyTo -> new JobLedger.Accept(Jobs.accepted(id), Optional.empty(), replyTo))
                    .toCompletableFuture()
                    .join();
        }

        private CompletionStage<AppendReply> append(JobEvent event) {
            return ask(replyTo -> new JobLedger.Append(event, replyTo));
        }

        private <T> CompletionStage<T> ask(Function<ActorRef<T>, JobLedger.Command> message) {
            return AskPattern.ask(ledger, message::apply, LONG, ledger.scheduler());
        }

        private static void require(boolean holds, String what) {
            if (!holds) {
                throw new IllegalStateException("expected: " + what);
            }
        }
    }

    @Test
    @Timeout(90)
    void jobsAreRefusedWhileItIsFullAndEventsAreWrittenWhenThereIsRoom() throws Exception {
        assumeTrue(canMount(), "this machine lets nobody mount a file system of his own");
        List<String> command = new ArrayList<>(NAMESPACE);
        command.addAll(List.of("sh", "-c", MOUNT, folder.toString()));
        command.addAll(JavaCommand.of(Child.class, folder.toString())
                .with("-Dlogback.configurationFile=logback-child.xml")
                .line());
        Process child = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(said).contains("b QUEUED").contains("a PRODUCED").doesNotContain("refused");
        } finally {
            child.descendants().forEach(ProcessHandle::destroyForcibly);
            child.destroyForcibly();
        }
    }

    private boolean canMount() throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(NAMESPACE);
        command.addAll(List.of("sh", "-c", MOUNT, folder.toString(), "true"));
        try {
            return new ProcessBuilder(command).start().waitFor() == 0;
        } catch (IOException e) {
            return false; // There is no unshare.
        }
    }
}
