package drover.horde;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Uploading, looked at on the wire. */
class UploaderTest extends AgainstServer {
    private static final byte[] PICTURE = "RIFF….WEBP".getBytes(StandardCharsets.UTF_8);
    private static final MisbehavingServer.Answer STORED =
            MisbehavingServer.bytes(200, "application/xml", new byte[0], "ETag", "\"tag\"");

    /** Each of these letters changes when an address is parsed and written anew. */
    private static final String TARGET =
            "/b//%7Ekey%2fa/./..;x=1/%41.webp?X-Amz-Credential=K%2f2026%2Fauto&a=b+c~!$'()*,"
                    + "&X-Amz-Date=20261121T114000Z&X-Amz-Expires=1800&X-Amz-Signature=5ec2e7";

    private Uploader uploader;

    @BeforeEach
    void start() {
        uploader = new Uploader(system, Hordes.limits(Hordes.PATIENT), time.retries(Hordes.executor(system)));
    }

    private PresignedUrl url() {
        return new PresignedUrl(server.url() + TARGET);
    }

    private UploadOutcome upload() throws Exception {
        return Hordes.get(uploader.upload(url(), PICTURE, VirtualTime.START.plusSeconds(20)));
    }

    private static MisbehavingServer.Answer fault(int status, String code, String message) {
        return MisbehavingServer.bytes(
                status,
                "application/xml",
                ("<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>" + message + "</Message></Error>")
                        .getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void nothingGoesAlongThatWasNotSigned() throws Exception {
        server.answers(STORED);
        assertThat(upload()).isEqualTo(new UploadOutcome.Stored(Optional.of("\"tag\"")));
        MisbehavingServer.Request sent = server.requests().getFirst();
        assertThat(sent.head().lines().findFirst()).contains("PUT " + TARGET + " HTTP/1.1");
        assertThat(sent.headers().keySet()).containsExactlyInAnyOrder("host", "content-length", "user-agent");
        assertThat(sent.headers())
                .containsEntry("content-length", String.valueOf(PICTURE.length))
                .containsEntry("host", "127.0.0.1:" + server.port());
        assertThat(sent.bytes()).isEqualTo(PICTURE);
    }

    @Test
    void whatPassesIsTriedAgain() throws Exception {
        server.answers(
                fault(503, "InternalError", "injected"),
                MisbehavingServer.reset(),
                fault(400, "RequestTimeout", "too slow"),
                MisbehavingServer.raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<"),
                STORED);
        assertThat(upload()).isInstanceOf(UploadOutcome.Stored.class);
        assertThat(time.waits().stream().map(Duration::toMillis)).containsExactly(250L, 500L, 1_000L, 2_000L);
    }

    @Test
    void aStoreThatDoesNotAnswerIsHungUpOn() throws Exception {
        HordeSettings.Limits quick = new HordeSettings.Limits(
                Hordes.PATIENT,
                Duration.ofSeconds(2),
                Hordes.PATIENT,
                Hordes.PATIENT,
                1 << 20,
                4,
                16,
                Duration.ofSeconds(5));
        server.answers(server.hang(""), STORED);
        Uploader impatient = new Uploader(system, quick, time.retries(Hordes.executor(system)));
        assertThat(Hordes.get(impatient.upload(url(), PICTURE, VirtualTime.START.plusSeconds(20))))
                .isInstanceOf(UploadOutcome.Stored.class);
        await().atMost(Hordes.PATIENT).until(() -> server.hangUps() == 1);
    }

    @ParameterizedTest
    @CsvSource({
        "403, SignatureDoesNotMatch",
        "403, AccessDenied",
        "404, NoSuchBucket",
        "411, MissingContentLength",
        "413, EntityTooLarge",
        "307, TemporaryRedirect"
    })
    void whatTheStoreRefusesIsNotTriedAgain(int status, String code) throws Exception {
        server.answers(fault(status, code, "in words"));
        UploadOutcome outcome = upload();
        assertThat(outcome).isInstanceOf(UploadOutcome.Refused.class);
        assertThat(((UploadOutcome.Refused) outcome).why())
                .contains(code)
                .contains("127.0.0.1")
                .doesNotContain("5ec2e7");
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void anAddressWhoseTimeIsOverIsTold() throws Exception {
        server.answers(fault(403, "AccessDenied", "Request has expired"));
        assertThat(upload()).isInstanceOf(UploadOutcome.Expired.class);
        server.answers(fault(400, "ExpiredRequest", "in words"));
        assertThat(upload()).isInstanceOf(UploadOutcome.Expired.class);
        // By the address itself: it was good from 11:40 for half an hour.
        assertThat(url().expires()).contains(Instant.parse("2026-11-21T12:10:00Z"));
        time.advance(Duration.ofMinutes(11));
        server.answers(fault(403, "AccessDenied", "no"));
        assertThat(upload()).isInstanceOf(UploadOutcome.Expired.class);
    }

    @Test
    void whetherAnAddressIsGoodIsTheStoresToSay() throws Exception {
        time.advance(Duration.ofHours(5));
        server.answers(STORED);
        assertThat(upload()).isInstanceOf(UploadOutcome.Stored.class);
    }

    @Test
    void itEndsWithTheJobsTime() throws Exception {
        server.answers(fault(500, "InternalError", "again and again"));
        assertThat(upload()).isInstanceOf(UploadOutcome.OutOfTime.class);
        assertThat(server.requests()).hasSize(7);
    }

    @Test
    void whatIsNoAddressIsRefused() throws Exception {
        for (String text : new String[] {
            "", "R2", "ftp://a/b", "http://user:pass@a/b", "http://a/ü", "http://a/b#c", "http://a:99999/"
        }) {
            assertThat(Hordes.get(uploader.upload(new PresignedUrl(text), PICTURE, Instant.MAX)))
                    .isInstanceOf(UploadOutcome.Refused.class);
        }
    }

    @Test
    void aStoresWordsAreNotTrusted() throws Exception {
        server.answers(MisbehavingServer.bytes(
                403,
                "application/xml",
                "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><Error><Code>&x;</Code></Error>"
                        .getBytes(StandardCharsets.UTF_8)));
        assertThat(upload())
                .isInstanceOf(UploadOutcome.Refused.class)
                .asString()
                .doesNotContain("root");
    }
}
