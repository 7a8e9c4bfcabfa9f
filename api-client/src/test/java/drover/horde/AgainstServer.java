package drover.horde;

import java.io.IOException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/** A test that speaks to a server which misbehaves as it is told to: one actor system a class, one server a test. */
@Timeout(180)
abstract class AgainstServer {
    static ActorSystem<Void> system;

    final VirtualTime time = new VirtualTime();
    MisbehavingServer server;

    @BeforeAll
    static void startSystem() {
        system = Hordes.system();
    }

    @AfterAll
    static void stopSystem() {
        system.terminate();
    }

    @BeforeEach
    void startServer() throws IOException {
        server = new MisbehavingServer();
    }

    @AfterEach
    void stopServer() throws IOException {
        server.close();
    }
}
