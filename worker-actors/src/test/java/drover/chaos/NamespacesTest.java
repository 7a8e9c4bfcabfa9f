package drover.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Namespaces, bridge and cables as the kernel makes them. */
class NamespacesTest {
    private static final String SECONDS = "5";

    @BeforeEach
    void onlyWhereTheMachineAllowsIt() {
        Optional<String> obstacle = Namespaces.obstacle();
        assumeTrue(obstacle.isEmpty(), obstacle::orElseThrow);
    }

    @Test
    void aCutHostReachesNobodyUntilItsLinkIsMended() throws IOException {
        try (Namespaces network = Namespaces.create(2);
                ServerSocket here = listener(network)) {
            assertReaches(network, 0, here);
            assertReaches(network, 1, here);

            network.cut(1);

            assertThatThrownBy(() -> connect(network, 1, here)).isInstanceOf(IOException.class);
            assertReaches(network, 0, here);

            network.mend(1);

            assertReaches(network, 1, here);
        }
    }

    @Test
    void twoNetworksKeepApartAndNothingIsLeftOfThem() throws IOException {
        String links = links();
        String namespaces = Tool.run("ip", "netns", "list");
        long another = ProcessHandle.current().parent().orElseThrow().pid();
        try (Namespaces one = Namespaces.create(1);
                Namespaces other = Namespaces.create(2, another)) {
            assertThat(other.gateway()).isNotEqualTo(one.gateway());
            assertThat(links()).isNotEqualTo(links);
            // This process lives, so what it has made is not taken for the remains of a dead one.
            Namespaces.removeRemains();
            try (ServerSocket here = listener(one)) {
                assertReaches(one, 0, here);
                assertThatThrownBy(() -> connect(other, 0, here)).isInstanceOf(IOException.class);
            }
        }
        assertThat(links()).isEqualTo(links);
        assertThat(Tool.run("ip", "netns", "list")).isEqualTo(namespaces);
    }

    @Test
    void whatADeadRunHasLeftIsRemoved() throws Exception {
        Process dead = new ProcessBuilder("true").start();
        dead.waitFor();
        String name = "drover-" + dead.pid() + "-199-0";
        Tool.run("ip", "netns", "add", name);
        Process left = new ProcessBuilder("ip", "netns", "exec", name, "sleep", "600").start();
        try {
            // Found by its namespace only once `ip` has entered it.
            while (Tool.run("ip", "netns", "pids", name).isBlank()) {
                assertThat(left.isAlive()).isTrue();
            }

            assertThat(Namespaces.removeRemains()).contains(name);

            left.waitFor();
            assertThat(Tool.run("ip", "netns", "list")).doesNotContain(name);
        } finally {
            left.destroyForcibly();
        }
    }

    private static String links() throws IOException {
        return String.join(
                "\n",
                Tool.run("ip", "-o", "link")
                        .lines()
                        .map(line -> line.split(" ", 3)[1])
                        .sorted()
                        .toList());
    }

    private static ServerSocket listener(Namespaces network) throws IOException {
        return new ServerSocket(0, 50, InetAddress.getByName(network.gateway()));
    }

    private static void assertReaches(Namespaces network, int host, ServerSocket listener) {
        assertThatNoException().isThrownBy(() -> connect(network, host, listener));
    }

    private static void connect(Namespaces network, int host, ServerSocket listener) throws IOException {
        String open = "exec 3<>/dev/tcp/" + listener.getInetAddress().getHostAddress() + "/" + listener.getLocalPort();
        Tool.run(network.on(host, List.of("timeout", SECONDS, "bash", "-c", open)));
    }
}
