package drover.source.dreamer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.TextNode;
import drover.horde.ApiKey;
import drover.horde.HordeClient;
import drover.horde.HordeSettings;
import drover.horde.Retries;
import drover.horde.Uploader;
import drover.rules.Rules;
import drover.rules.RulesActor;
import drover.rules.Surroundings;
import drover.source.bridge.BridgeReader;
import drover.source.server.Faults.Fault;
import drover.source.server.Faults.Target;
import drover.source.server.Faults.When;
import drover.source.server.LocalHorde;
import drover.source.skills.Skills;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Account and worker are looked up every five minutes, and that they cannot be is nobody's trouble. */
class InquiriesTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    /** The Horde and the way to it live in real time; only the one who asks does not. */
    private final ActorTestKit kit = ActorTestKit.create();

    private final ActorTestKit slow = ActorTestKit.create(ManualTime.config());
    private final ManualTime time = ManualTime.get(slow.system());
    private final AtomicInteger calls = new AtomicInteger();

    @TempDir
    private Path folder;

    private LocalHorde horde;
    private String key;
    private ActorRef<Message> asker;

    private sealed interface Message {}

    private record Heard(Inquiries.Said said) implements Message {}

    private record GetStatus(ActorRef<DreamerStatus> replyTo) implements Message {}

    private static final class Owner implements Rules<Message> {
        private final Tally tally = new Tally("me", new SimpleMeterRegistry(), Instant.EPOCH, List.of());
        private final Inquiries<Message> inquiries;

        Owner(Surroundings<Message> around, DreamerSetup setup, HordeLink link) {
            inquiries = new Inquiries<>(around, Heard::new, () -> Instant.EPOCH, tally, setup, link);
        }

        @Override
        public boolean hear(Message message) {
            switch (message) {
                case Heard(var said) -> assertThat(inquiries.hear(said)).isFalse();
                case GetStatus(var replyTo) ->
                    replyTo.tell(tally.status(new Tally.Present(
                            "me",
                            "popping",
                            Optional.empty(),
                            Optional.empty(),
                            List.of(),
                            List.of(),
                            0,
                            0,
                            0,
                            0,
                            Optional.empty(),
                            Instant.EPOCH)));
            }
            return true;
        }
    }

    @BeforeEach
    void start() throws Exception {
        horde = new LocalHorde(kit.system(), LocalHorde.Settings.REAL, Instant::now);
        key = horde.register("owner", true);
        countCalls();
        Path file = Files.writeString(folder.resolve("bridgeData.yaml"), """
                horde_url: %s
                api_key: "%s"
                dreamer_name: me
                models_to_load: [Deliberate]
                """.formatted(horde.url(), key));
        DreamerSetup setup = new DreamerSetup(
                new BridgeReader(Map.of()).read(file).data().orElseThrow(),
                Optional.empty(),
                Skills.NONE,
                new Abilities(true, true, false, false, false, true));
        Retries retries = Retries.of(kit.system(), Instant::now, new Random(1));
        HordeLink link = new HordeLink(
                new HordeClient(
                        kit.system(), HordeSettings.of(horde.url(), new ApiKey(key), HordeRig.OFFICIAL), retries),
                new Uploader(kit.system(), HordeSettings.Limits.DEFAULT, retries));
        asker = slow.spawn(RulesActor.create(Inquiries.class, around -> new Owner(around, setup, link)));
    }

    @AfterEach
    void stop() throws IOException {
        slow.shutdownTestKit();
        horde.close();
        kit.shutdownTestKit();
    }

    /** Look-ups are answered as ever, but counted. */
    private void countCalls() {
        horde.faults().clear();
        horde.faults().add(Target.OTHER, new When.Every(1), new Fault.Altered(answer -> {
            calls.incrementAndGet();
            return answer;
        }));
    }

    private Optional<Double> kudos() {
        TestProbe<DreamerStatus> probe = slow.createTestProbe();
        asker.tell(new GetStatus(probe.ref()));
        return probe.receiveMessage().accountKudos();
    }

    private void awaitKudos(double kudos) {
        await().atMost(LONG).until(() -> kudos().equals(Optional.of(kudos)));
    }

    @Test
    void whatTheAccountHasIsLookedUpEveryFiveMinutes() {
        horde.give(key, 10_000);
        time.timePasses(Duration.ZERO);
        awaitKudos(10_000);
        await().atMost(LONG).until(() -> calls.get() == 2);

        horde.give(key, 12_345);
        time.timePasses(Inquiries.REFRESH.minusMillis(1));
        assertThat(kudos()).contains(10_000.0);
        assertThat(calls).hasValue(2);
        time.timePasses(Duration.ofMillis(1));
        awaitKudos(12_345);
        await().atMost(LONG).until(() -> calls.get() == 4);
    }

    /** How a look-up fails. */
    enum Failure {
        NO_ANSWER,
        BROKEN,
        NONSENSE;

        Fault counted(AtomicInteger calls) {
            return switch (this) {
                case NO_ANSWER -> new Fault.Meanwhile(calls::incrementAndGet, false, false);
                case BROKEN -> new Fault.Meanwhile(calls::incrementAndGet, false, true);
                case NONSENSE ->
                    new Fault.Altered(_ -> {
                        calls.incrementAndGet();
                        return TextNode.valueOf("nonsense");
                    });
            };
        }
    }

    @ParameterizedTest
    @EnumSource
    void thatItCannotBeLookedUpLeavesWhatWasKnownAndIsTriedAgain(Failure failure) {
        time.timePasses(Duration.ZERO);
        awaitKudos(10_000);
        await().atMost(LONG).until(() -> calls.get() == 2);
        horde.give(key, 7);
        AtomicInteger failed = new AtomicInteger();
        horde.faults().clear();
        horde.faults().add(Target.OTHER, new When.Every(1), failure.counted(failed));
        time.timePasses(Inquiries.REFRESH);
        await().atMost(LONG).until(() -> failed.get() >= 2);
        assertThat(kudos()).contains(10_000.0);

        countCalls();
        time.timePasses(Inquiries.REFRESH);
        awaitKudos(7);
    }
}
