package drover.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterConfigTest {
    /** Milliseconds; the second line is of several hosts, the third of one. */
    @ParameterizedTest
    @CsvSource({"500, 100, 100", "3000, 500, 300", "10000, 1666, 1000", "600000, 2000, 2000"})
    void howOftenMembersSpeakFollowsFromHowSoonSilenceIsNoticed(long silence, long heartbeat, long gossip) {
        Membership member = new Membership(
                "127.0.0.1",
                Optional.empty(),
                Optional.empty(),
                new Membership.Detection(Duration.ofMillis(silence), Duration.ofSeconds(1)));
        Config cluster = ClusterConfig.ofNode(member, List.of("gpu"), List.of()).getConfig("pekko.cluster");
        assertThat(cluster.getDuration("failure-detector.acceptable-heartbeat-pause")
                        .toMillis())
                .isEqualTo(silence);
        assertThat(cluster.getDuration("failure-detector.heartbeat-interval").toMillis())
                .isEqualTo(heartbeat);
        assertThat(cluster.getDuration("unreachable-nodes-reaper-interval").toMillis())
                .isEqualTo(heartbeat);
        assertThat(cluster.getDuration("gossip-interval").toMillis()).isEqualTo(gossip);
        assertThat(cluster.getDuration("leader-actions-interval").toMillis()).isEqualTo(gossip);
    }
}
