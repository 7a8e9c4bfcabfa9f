package drover.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Members that prove themselves to each other with certificates. */
@Tag("processes")
class TlsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    static Path folder;

    private final List<ActorSystem<Void>> systems = new ArrayList<>();

    @AfterEach
    void stop() {
        systems.forEach(ActorSystem::terminate);
        systems.forEach(system ->
                assertThat(system.getWhenTerminated().toCompletableFuture()).succeedsWithin(PATIENCE));
    }

    @Test
    void membersOfOneAuthorityTalkAndStrangersAreKeptOut() throws Exception {
        Membership.Tls ours = TestCertificates.make(folder.resolve("ours"));
        Membership.Tls theirs = TestCertificates.make(folder.resolve("theirs"));
        // Trusts us, so that it is we who have to turn it away.
        Membership.Tls stranger = new Membership.Tls(theirs.certificate(), theirs.key(), ours.ca());
        ours.check();
        ActorSystem<Void> first = start(ours, List.of());
        Cluster cluster = Cluster.get(first);
        cluster.manager().tell(Join.create(cluster.selfMember().address()));
        List<String> seeds = List.of(cluster.selfMember().address().toString());

        ActorSystem<Void> outside = start(stranger, seeds);
        ActorSystem<Void> second = start(ours, seeds);
        await().atMost(PATIENCE).until(() -> up(second) == 2);
        ActorSystem<Void> third = start(ours, seeds);
        await().atMost(PATIENCE).until(() -> up(third) == 3);

        assertThat(members(first)).hasSize(3);
        assertThat(up(outside)).isZero();
    }

    @Test
    void filesThatAreOfNoUseAreNamed() throws Exception {
        Path no = folder.resolve("no.pem");
        Path text = Files.writeString(folder.resolve("text.pem"), "not a certificate");
        assertThatThrownBy(() -> new Membership.Tls(no, no, no).check())
                .isInstanceOf(IOException.class)
                .hasMessageContaining(no + " cannot be used: there is no such file");
        assertThatThrownBy(() -> new Membership.Tls(text, text, text).check())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the certificate " + text + " cannot be used");
        Membership.Tls good = TestCertificates.make(folder.resolve("good"));
        assertThatThrownBy(() -> new Membership.Tls(good.certificate(), text, good.ca()).check())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the key " + text + " cannot be used")
                .hasMessageContaining("RSA");
    }

    private ActorSystem<Void> start(Membership.Tls tls, List<String> seeds) {
        Membership member =
                new Membership("127.0.0.1", Optional.empty(), Optional.of(tls), Membership.Detection.PATIENT);
        ActorSystem<Void> system = ActorSystem.create(
                Behaviors.empty(), ClusterConfig.SYSTEM, ClusterConfig.ofNode(member, List.of("gpu"), seeds));
        systems.add(system);
        return system;
    }

    private static List<Member> members(ActorSystem<Void> system) {
        return StreamSupport.stream(Cluster.get(system).state().getMembers().spliterator(), false)
                .toList();
    }

    private static long up(ActorSystem<Void> system) {
        return members(system).stream()
                .filter(member -> member.status().equals(MemberStatus.up()))
                .count();
    }
}
