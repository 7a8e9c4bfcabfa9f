package drover.horde;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Handing in a result: until the server has it, refuses it, or the time is over. */
class SubmitTest extends AgainstServer {
    private static final MisbehavingServer.Answer PAID = MisbehavingServer.json(200, "{\"reward\": 5.76}");
    private static final MisbehavingServer.Answer FAULT =
            MisbehavingServer.json(500, "{\"message\":\"Internal Server Error\"}");
    private static final MisbehavingServer.Answer DUPLICATE = rc(400, "DuplicateGen");
    private static final MisbehavingServer.Answer USER =
            MisbehavingServer.json(200, "{\"username\":\"a#1\",\"kudos\":1}");

    private HordeClient client;

    @BeforeEach
    void start() {
        client = new HordeClient(system, Hordes.settings(server), time.retries(Hordes.executor(system)));
    }

    private static MisbehavingServer.Answer rc(int status, String rc) {
        return MisbehavingServer.json(status, "{\"message\":\"in words\",\"rc\":\"" + rc + "\"}");
    }

    private SubmitOutcome submit(boolean triedBefore) throws Exception {
        ImageSubmit picture = ImageSubmit.uploaded(
                "g-1", new UploadOutcome.Stored(Optional.empty()), GenerationState.OK, 4_294_967_295L, List.of());
        return Hordes.get(client.submit(
                picture, new HordeClient.SubmitPlan(VirtualTime.START.plus(Duration.ofSeconds(20)), triedBefore)));
    }

    private HordeError dropped() throws Exception {
        return ((SubmitOutcome.Dropped) submit(false)).error();
    }

    @Test
    void whatIsTakenIsPaid() throws Exception {
        server.answers(PAID);
        assertThat(submit(false)).isEqualTo(new SubmitOutcome.Accepted(new SubmitAnswer(5.76)));
        assertThat(HordeJson.mapper().readTree(server.requests().getFirst().bytes()))
                .isEqualTo(HordeJson.mapper()
                        .readTree("{\"id\":\"g-1\",\"generation\":\"R2\",\"state\":\"ok\",\"seed\":4294967295,"
                                + "\"gen_metadata\":[]}"));
    }

    @Test
    void aDuplicateAfterALostAnswerIsASuccess() throws Exception {
        server.answers(MisbehavingServer.reset(), DUPLICATE);
        assertThat(submit(false)).isInstanceOf(SubmitOutcome.AcceptedBefore.class);
        assertThat(time.waits()).containsExactly(Duration.ofMillis(500));
    }

    @Test
    void aDuplicateOfWhatAnEarlierProcessSentIsASuccess() throws Exception {
        server.answers(DUPLICATE);
        assertThat(submit(true)).isInstanceOf(SubmitOutcome.AcceptedBefore.class);
    }

    @Test
    void aDuplicateOfWhatWasNeverSentIsNone() throws Exception {
        server.answers(DUPLICATE);
        assertThat(dropped()).isInstanceOf(HordeError.AlreadySubmitted.class);
    }

    @Test
    void aWrongKeyShowsAsAFaultOfTheServerAndIsFoundOut() throws Exception {
        server.answers(FAULT, rc(404, "UserNotFound"));
        assertThat(submit(false))
                .isInstanceOfSatisfying(
                        SubmitOutcome.Refused.class,
                        refused -> assertThat(refused.error()).isInstanceOf(HordeError.KeyRefused.class));
        assertThat(server.requests().stream().map(MisbehavingServer.Request::target))
                .containsExactly("/api/v2/generate/submit", "/api/v2/find_user");
        assertThat(time.waits()).isEmpty();
    }

    @Test
    void aRightKeyIsAskedForOnce() throws Exception {
        server.answers(FAULT, USER, FAULT, FAULT, PAID);
        assertThat(submit(false)).isInstanceOf(SubmitOutcome.Accepted.class);
        assertThat(server.requests()).hasSize(5);
        assertThat(time.waits()).containsExactly(Duration.ofMillis(500), Duration.ofSeconds(1), Duration.ofSeconds(2));
    }

    @Test
    void whereTheKeyCannotBeAskedForTheResultIsStillHandedIn() throws Exception {
        server.answers(FAULT, FAULT, PAID);
        assertThat(submit(false)).isInstanceOf(SubmitOutcome.Accepted.class);
    }

    @Test
    void itIsTriedUntilTheJobsTimeIsOver() throws Exception {
        server.answers(MisbehavingServer.json(503, "{}"));
        assertThat(submit(false)).isInstanceOf(SubmitOutcome.OutOfTime.class);
        assertThat(time.waits().stream().map(Duration::toMillis)).containsExactly(500L, 1_000L, 2_000L, 4_000L, 8_000L);
        assertThat(server.requests()).hasSize(6);
    }

    @Test
    void aPauseThatTheServerAsksForIsKept() throws Exception {
        server.answers(MisbehavingServer.json(429, "{\"message\":\"60 per 1 second\"}", "Retry-After", "7"), PAID);
        assertThat(submit(false)).isInstanceOf(SubmitOutcome.Accepted.class);
        assertThat(time.waits()).containsExactly(Duration.ofSeconds(7));
        server.answers(MisbehavingServer.json(429, "{\"message\":\"60 per 1 second\"}", "Retry-After", "0"), PAID);
        assertThat(submit(false)).isInstanceOf(SubmitOutcome.Accepted.class);
        assertThat(time.waits()).containsExactly(Duration.ofSeconds(7), Duration.ofMillis(500));
    }

    @Test
    void whatTheServerDoesNotWantIsDroppedAtOnce() throws Exception {
        server.answers(rc(404, "InvalidJobID"));
        assertThat(dropped()).isInstanceOf(HordeError.JobGone.class);
        server.answers(rc(400, "AbortedGen"));
        assertThat(dropped()).isInstanceOf(HordeError.Aborted.class);
        server.answers(MisbehavingServer.json(
                400, "{\"errors\":{\"seed\":\"no\"},\"message\":\"Input payload validation failed\"}"));
        assertThat(dropped()).isInstanceOf(HordeError.Invalid.class);
        server.answers(rc(400, "SomethingNew"));
        assertThat(dropped()).isInstanceOf(HordeError.Refused.class);
        assertThat(server.requests()).hasSize(4);
    }

    @Test
    void somebodyElsesWorkerIsTheOperatorsToSettle() throws Exception {
        server.answers(rc(403, "WrongCredentials"));
        assertThat(submit(false)).isInstanceOf(SubmitOutcome.Refused.class);
    }

    @Test
    void aComplaintOfMetadataComesAfterTheResultWasStored() throws Exception {
        server.answers(rc(400, "BadRequest"));
        assertThat(submit(false)).isInstanceOf(SubmitOutcome.AcceptedBefore.class);
    }

    @Test
    void aPageThatSaysNotFoundDoesNotSayThatTheJobIsGone() throws Exception {
        server.answers(MisbehavingServer.bytes(404, "text/html", new byte[0]), PAID);
        assertThat(submit(false)).isInstanceOf(SubmitOutcome.Accepted.class);
    }

    @Test
    void noMoreMetadataAreSentThanTheServerTakesAndEachOnce() {
        List<GenMetadata> many = IntStream.range(0, 70)
                .mapToObj(i -> GenMetadata.loraDownloadFailed("lora " + i / 2 + "x".repeat(300)))
                .toList();
        List<GenMetadata> sent = ImageSubmit.faulted("g", 1, "x", many).genMetadata();
        assertThat(sent).hasSize(35).doesNotHaveDuplicates();
        assertThat(sent.getFirst().ref().orElse("")).hasSize(255);
        List<GenMetadata> more =
                IntStream.range(0, 70).mapToObj(GenMetadata::batchIndex).toList();
        assertThat(ImageSubmit.faulted("g", 1, "x", more).genMetadata()).hasSize(GenMetadata.MAX_ENTRIES);
    }

    @Test
    void textsAndFormsGoTheSameWay() throws Exception {
        HordeClient.SubmitPlan plan = new HordeClient.SubmitPlan(VirtualTime.START.plusSeconds(20), false);
        server.answers(MisbehavingServer.reset(), DUPLICATE);
        assertThat(Hordes.get(client.submit(TextSubmit.faulted("t", "why"), plan)))
                .isInstanceOf(SubmitOutcome.AcceptedBefore.class);
        server.answers(MisbehavingServer.reset(), DUPLICATE);
        assertThat(Hordes.get(client.submit(AlchemySubmit.faulted("a"), plan)))
                .isInstanceOf(SubmitOutcome.AcceptedBefore.class);
        assertThat(server.requests().getLast().text()).isEqualTo("{\"id\":\"a\",\"result\":{},\"state\":\"faulted\"}");
    }
}
