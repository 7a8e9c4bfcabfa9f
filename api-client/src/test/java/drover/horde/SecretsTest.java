package drover.horde;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** Neither keys nor presigned queries come out anywhere, at any log level, whatever happens. */
@Timeout(180)
class SecretsTest {
    private static final String SIGNATURE = "5ec2e7-51gna7u2e";

    @Test
    void aKeyShowsItselfToNobody() {
        HordeSettings settings = HordeSettings.of(HordeSettings.PUBLIC_HORDE, Hordes.KEY, Hordes.AGENT);
        assertThat(settings.toString()).contains("aihorde.net").doesNotContain("nobody-may-see");
        assertThatThrownBy(() -> new ApiKey("a-key\r\nthat-nobody-may-see"))
                .hasMessageContaining("API key")
                .hasMessageNotContaining("nobody-may-see");
        assertThat(new ApiKey(" 0000000000\n").anonymous()).isTrue();
        assertThat(Hordes.KEY)
                .isEqualTo(new ApiKey("a-key-that-nobody-may-see"))
                .isNotEqualTo(ApiKey.ANONYMOUS);
    }

    @Test
    void nothingIsLoggedOrTold() throws Exception {
        Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
        Level level = root.getLevel();
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        root.addAppender(log);
        root.setLevel(Level.TRACE);
        List<String> told = new ArrayList<>();
        ActorSystem<Void> system = Hordes.system();
        try (MisbehavingServer server = new MisbehavingServer()) {
            VirtualTime time = new VirtualTime();
            Retries retries = time.retries(Hordes.executor(system));
            HordeSettings settings = Hordes.settings(server).withLimits(Hordes.limits(Duration.ofSeconds(2)));
            HordeClient client = new HordeClient(system, settings, retries);
            Uploader uploader = new Uploader(system, settings.limits(), retries);
            Downloader downloader = new Downloader(
                    system,
                    new Downloader.Limits(1_000, Hordes.PATIENT, Hordes.PATIENT, Duration.ofSeconds(2), 1, 1, true),
                    retries);
            List<MisbehavingServer.Answer> answers = List.of(
                    MisbehavingServer.json(500, "{}"),
                    MisbehavingServer.json(
                            404,
                            "{\"message\":\"User with api_key 'a-key-that-nobody-may-see' not found.\",\"rc\":\"UserNotFound\"}"),
                    MisbehavingServer.json(401, "{\"message\":\"no\",\"rc\":\"InvalidAPIKey\"}"),
                    MisbehavingServer.json(200, "{\"id\":"),
                    MisbehavingServer.raw("nonsense"),
                    MisbehavingServer.raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1"),
                    MisbehavingServer.bytes(200, "no type at all", new byte[2_000_000]),
                    MisbehavingServer.bytes(
                            302, "text/html", new byte[0], "Location", "/?X-Amz-Signature=" + SIGNATURE),
                    MisbehavingServer.reset(),
                    server.hang(""));
            for (MisbehavingServer.Answer answer : answers) {
                server.answers(answer);
                PresignedUrl url = new PresignedUrl(server.url() + "/a?X-Amz-Signature=" + SIGNATURE);
                List<CompletionStage<?>> calls = List.of(
                        client.pop(Hordes.pop()),
                        uploader.upload(url, new byte[] {1}, VirtualTime.START),
                        downloader.fetch(url, VirtualTime.START));
                for (CompletionStage<?> call : calls) {
                    Object result = Hordes.get(call);
                    told.add(result.toString());
                    if (result instanceof HordeResult.Failed<?> failed) {
                        told.add(failed.error().message());
                    }
                }
            }
        } finally {
            system.terminate();
            system.getWhenTerminated().toCompletableFuture().join();
            root.setLevel(level);
            root.detachAppender(log);
        }
        for (ILoggingEvent event : List.copyOf(log.list)) {
            told.add(event.getFormattedMessage());
            if (event.getThrowableProxy() != null) {
                told.add(ThrowableProxyUtil.asString(event.getThrowableProxy()));
            }
        }
        assertThat(told).hasSizeGreaterThan(27).anyMatch(line -> line.contains("IMAGE_POP"));
        assertThat(told).noneMatch(line -> line.contains("nobody-may-see") || line.contains(SIGNATURE));
    }
}
