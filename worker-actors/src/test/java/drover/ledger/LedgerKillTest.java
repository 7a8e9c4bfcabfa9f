package drover.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import drover.job.Job;
import drover.ledger.JobLedger.AcceptReply;
import drover.process.JavaCommand;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("processes")
class LedgerKillTest {
    private static final int ENOUGH = 500;

    @TempDir
    private Path folder;

    /** Run as a process of its own: takes jobs on without end and prints the id of each that was accepted. */
    public static final class Child {
        private Child() {}

        public static void main(String[] args) throws LedgerException {
            LedgerSettings settings = LedgerSettings.h2In(Path.of(args[0]));
            LedgerDatabase database = LedgerDatabase.open(settings);
            PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
            ActorSystem.create(
                    Behaviors.<AcceptReply>setup(context -> {
                        ActorRef<JobLedger.Command> ledger = context.spawn(
                                JobLedger.create(database, settings, new SimpleMeterRegistry()), "ledger");
                        for (int i = 0; i < 50; i++) {
                            accept(ledger, "first-" + i, context.getSelf());
                        }
                        return Behaviors.receiveMessage(reply -> {
                            if (reply instanceof AcceptReply.Accepted accepted) {
                                String id = accepted.job().id().value();
                                out.println(id);
                                accept(ledger, id + "x", context.getSelf());
                            }
                            return Behaviors.same();
                        });
                    }),
                    "child");
        }

        private static void accept(ActorRef<JobLedger.Command> ledger, String id, ActorRef<AcceptReply> replyTo) {
            ledger.tell(new JobLedger.Accept(Jobs.accepted(id), Optional.empty(), replyTo));
        }
    }

    @Test
    @Timeout(60)
    void everyAcceptedJobIsThereAfterAKill() throws Exception {
        Process child = new ProcessBuilder(JavaCommand.of(Child.class, folder.toString())
                        .with("-Dlogback.configurationFile=logback-child.xml")
                        .line())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        List<String> accepted = new ArrayList<>();
        try (BufferedReader out = child.inputReader(StandardCharsets.UTF_8)) {
            readAccepted(out, accepted, ENOUGH);
            assertThatThrownBy(() ->
                            LedgerDatabase.open(LedgerSettings.h2In(folder)).close())
                    .isInstanceOf(LedgerException.class)
                    .hasMessageContaining("Another Drover uses it");
            child.destroyForcibly();
            readAccepted(out, accepted, Integer.MAX_VALUE);
        } finally {
            child.destroyForcibly();
            assertThat(child.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }

        try (LedgerDatabase database = LedgerDatabase.open(LedgerSettings.h2In(folder))) {
            Set<String> found = new HashSet<>();
            for (LedgerStore.Recovered.Kept kept : database.recover().unfinished()) {
                assertThat(kept.job())
                        .isEqualTo(Job.of(Jobs.accepted(kept.job().id().value())));
                found.add(kept.job().id().value());
            }
            assertThat(accepted).hasSizeGreaterThanOrEqualTo(ENOUGH);
            assertThat(found).containsAll(accepted);
        }
    }

    private static void readAccepted(BufferedReader out, List<String> accepted, int atMost) {
        try {
            String line = out.readLine();
            while (line != null) {
                if (line.startsWith("first-")) {
                    accepted.add(line);
                }
                if (accepted.size() >= atMost) {
                    return;
                }
                line = out.readLine();
            }
        } catch (IOException e) {
            // The killed child's pipe may break in the middle of a line; what was read before counts.
            assertThat(e).hasMessageContaining("closed");
        }
    }
}
