package drover.horde;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import drover.horde.ImagePopAnswer.Broken;
import drover.horde.ImagePopAnswer.Job;
import drover.horde.ImagePopAnswer.Nothing;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the records make of what the server says, and what they let be said. */
class RecordsTest {
    private static final String JOB = """
            {"id": "a", "ids": ["a", "b"], "ttl": "150", "model": "Deliberate", "unheard_of": {"x": [1]},
             "payload": {"prompt": "p ### n", "seed": "4294967295", "ddim_steps": "20", "cfg_scale": "7.5",
                         "denoising_strength": 0.6, "n_iter": 2, "karras": true, "also_new": null},
             "source_processing": "img2img", "source_image": null,
             "r2_uploads": ["https://s/a?sig=1", "https://s/b?sig=2"], "messages": null, "skipped": {}}
            """;

    private static ImagePopAnswer read(String json) throws Exception {
        return ImagePopAnswer.read(json.getBytes(StandardCharsets.UTF_8));
    }

    private static ImageJob job(String json) throws Exception {
        return ((Job) read(json).job()).job();
    }

    @Test
    void aFilledPayloadIsNoJob() throws Exception {
        assertThat(
                        read("{\"id\":null,\"ids\":[],\"payload\":{\"prompt\":\"x\",\"width\":512},\"model\":\"m\",\"ttl\":9}")
                                .job())
                .isEqualTo(new Nothing());
        assertThat(read("{}").job()).isEqualTo(new Nothing());
    }

    @Test
    void numbersAreReadFromStringsAndTheOtherWayRound() throws Exception {
        ImageJob job = job(JOB);
        assertThat(job.ttl()).isEqualTo(Duration.ofSeconds(150));
        assertThat(job.payload().ddimSteps()).contains(20);
        assertThat(job.payload().cfgScale()).contains(7.5);
        assertThat(job.seed()).hasValue(4_294_967_295L);
        assertThat(job(JOB.replace("\"4294967295\"", "42")).seed()).hasValue(42);
        assertThat(job(JOB.replace("\"4294967295\"", "null")).seed()).isEmpty();
        assertThat(job(JOB.replace("4294967295", "words")).seed()).isEmpty();
    }

    @Test
    void theSeedOfASubmitIsANumber() throws Exception {
        JsonNode written = HordeJson.mapper().valueToTree(job(JOB).faults("out of memory"));
        assertThat(written).hasSize(2);
        for (JsonNode fault : written) {
            assertThat(fault.get("seed").isIntegralNumber()).isTrue();
            assertThat(fault.get("generation").isTextual()).isTrue();
            assertThat(fault.get("state").asText()).isEqualTo("faulted");
        }
        assertThat(written.findValuesAsText("id")).containsExactly("a", "b");
    }

    @Test
    void withoutASourceImageNothingIsDoneToOne() throws Exception {
        assertThat(job(JOB).processing()).isEmpty();
        assertThat(job(JOB).denoisingStrength()).isEmpty();
        ImageJob with = job(JOB.replace("\"source_image\": null", "\"source_image\": \"https://s/x?sig=3\""));
        assertThat(with.processing()).contains("img2img");
        assertThat(with.denoisingStrength()).contains(0.6);
        assertThat(with.sourceImage()).contains(new ImageSource.Remote(new PresignedUrl("https://s/x?sig=3")));
    }

    @Test
    void aSourceImageMayComeInBase64() throws Exception {
        ImageJob job = job(JOB.replace("\"source_image\": null", "\"source_image\": \"UklGRg==\""));
        ImageSource.Inline inline = (ImageSource.Inline) job.sourceImage().orElseThrow();
        assertThat(inline.bytes(4))
                .hasValueSatisfying(bytes -> assertThat(bytes).hasSize(4));
        assertThat(inline.bytes(3)).isEmpty();
        assertThat(new ImageSource.Inline("no base64 at all!").bytes(100)).isEmpty();
        assertThat(inline.toString()).doesNotContain("UklGRg");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"ttl\": \"150\",|",
                "\"model\": \"Deliberate\",|",
                "\"prompt\": \"p ### n\",|",
                ", \"https://s/b?sig=2\"|",
                "[\"a\", \"b\"]|[\"a\", \"a\"]",
                "\"150\"|0",
                "\"150\"|null",
                "\"150\"|99999999999",
                "\"20\"|1e40",
                "\"7.5\"|{}",
                "\"Deliberate\"|\"  \"",
                "\"b\"]|\"b\", \" \"]",
                "https://s/a?sig=1|ftp://s/a",
                "\"https://s/b?sig=2\"|null",
                "\"https://s/b?sig=2\"|{}",
                "[\"a\", \"b\"]|[\"a\", 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]"
            })
    void aJobThatLacksSomethingIsToBeFaultedNotForgotten(String change) throws Exception {
        String broken =
                JOB.replace(change.substring(0, change.indexOf('|')), change.substring(change.indexOf('|') + 1));
        assertThat(broken).isNotEqualTo(JOB);
        assertThat(read(broken).job()).isInstanceOfSatisfying(Broken.class, found -> {
            assertThat(found.ids()).contains("a");
            assertThat(found.why()).isNotBlank();
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"id\": null, \"ids\": null}",
                "{\"id\": \"\", \"ids\": []}",
                "{\"ids\": [\"\", \" \", null]}",
                "{\"ids\": [], \"ttl\": 150, \"model\": \"m\", \"payload\": {\"prompt\": \"p\"}}"
            })
    void whatHasNoIdIsNoJob(String answer) throws Exception {
        assertThat(read(answer).job()).isEqualTo(new Nothing());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "no JSON", "[]", "{\"payload\": 7}", "{\"ids\": [\"\"], \"payload\": 7}"})
    void whatCannotBeReadAndHasNoIdIsAnError(String answer) {
        assertThatThrownBy(() -> read(answer)).isInstanceOf(IOException.class);
    }

    @Test
    void oneIdIsOnePicture() throws Exception {
        assertThat(job(JOB.replace("[\"a\", \"b\"]", "[\"a\"]")).uploads())
                .containsExactly(new PresignedUrl("https://s/a?sig=1"));
    }

    @Test
    void noJobLastsLongerThanADay() throws Exception {
        assertThat(job(JOB.replace("\"150\"", "2147483647")).ttl()).isEqualTo(Duration.ofDays(1));
    }

    @Test
    void nullsWhereNamesBelongAreTheNamesOfNone() throws Exception {
        ImageJob job = job(JOB.replace(
                "\"n_iter\": 2", "\"loras\": [null, {\"name\": null, \"model\": null}], \"tis\": [{\"name\": null}]"));
        assertThat(job.payload().loras())
                .singleElement()
                .satisfies(lora -> assertThat(lora.name()).isEmpty());
        assertThat(job.payload().tis())
                .singleElement()
                .satisfies(ti -> assertThat(ti.name()).isEmpty());
        assertThat(read(JOB.replace("\"messages\": null", "\"messages\": [{\"id\": null, \"message\": \"hello\"}]"))
                        .messages())
                .extracting(WorkerMessage::id)
                .containsExactly("hello");
    }

    @Test
    void theOldFormOfOneUploadStillCounts() throws Exception {
        ImageJob job = job("""
                {"id": "a", "ids": [], "ttl": 150, "model": "m", "payload": {"prompt": "p"},
                 "r2_upload": "https://s/a?sig=1"}
                """);
        assertThat(job.ids()).containsExactly("a");
        assertThat(job.uploads()).containsExactly(new PresignedUrl("https://s/a?sig=1"));
    }

    @Test
    void everyFlagOfAPopIsSent() {
        JsonNode pop = HordeJson.mapper().valueToTree(Hordes.pop());
        assertThat(pop.properties().stream().map(Map.Entry::getKey))
                .containsExactlyInAnyOrder(
                        "name",
                        "models",
                        "bridge_agent",
                        "nsfw",
                        "amount",
                        "max_pixels",
                        "threads",
                        "blacklist",
                        "priority_usernames",
                        "require_upfront_kudos",
                        "allow_img2img",
                        "allow_painting",
                        "allow_unsafe_ipaddr",
                        "allow_post_processing",
                        "allow_controlnet",
                        "allow_sdxl_controlnet",
                        "allow_lora",
                        "extra_slow_worker",
                        "limit_max_steps");
    }

    @Test
    void whatTheServerBreaksOnIsNotSent() {
        ImagePop pop = Hordes.pop();
        for (String name : List.of("", "   ", "n".repeat(101), "a\0b")) {
            assertThatThrownBy(() -> WorkerName.checked(name)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(WorkerName.checked("n".repeat(100))).hasSize(100);
        assertThatThrownBy(() -> pop.withSize(21, 1)).hasMessageContaining("1 to 20");
        assertThatThrownBy(() -> pop.withSize(0, 1)).hasMessageContaining("1 to 20");
        assertThat(ImageSubmit.faulted("x", 0, "a\0b", List.of()).generation()).doesNotContain("\0");
        assertThat(ImageSubmit.faulted("x", 0, "w".repeat(5_000), List.of())
                        .generation()
                        .length())
                .isLessThan(300);
    }

    @Test
    void aPictureThatIsNotStoredCannotBeSaidToBe() {
        assertThatThrownBy(() -> ImageSubmit.uploaded(
                        "x", new UploadOutcome.Stored(Optional.empty()), GenerationState.FAULTED, 0, List.of()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aMessagesEndIsAMailsDate() throws Exception {
        WorkerMessage message = HordeJson.mapper()
                .readValue(
                        "{\"id\":\"m\",\"message\":\"x\",\"expiry\":\"Sat, 21 Nov 2026 18:45:57 -0000\",\"user_id\":1}",
                        WorkerMessage.class);
        assertThat(message.expires()).contains(Instant.parse("2026-11-21T18:45:57Z"));
        assertThat(message.userId()).contains("1");
    }

    @Test
    void anAgentIsSplitAtItsFirstTwoColons() {
        BridgeAgent agent = BridgeAgent.parse("AI Horde Worker reGen:13.0.0:https://example.invalid:8080/x");
        assertThat(agent.contact()).isEqualTo("https://example.invalid:8080/x");
        assertThat(agent.toString()).isEqualTo("AI Horde Worker reGen:13.0.0:https://example.invalid:8080/x");
        assertThat(BridgeAgent.parse("justaname").version()).isEqualTo("0");
        assertThat(BridgeAgent.parse("a:abc:url").versionReadable()).isFalse();
        assertThatThrownBy(() -> BridgeAgent.parse("n:1:" + "x".repeat(1_000)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> BridgeAgent.parse("n:1:a\r\nX-Evil: 1")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void addressesOfOtherWorkersFilesAreUnderstood() {
        for (String address : List.of(
                "https://h.invalid", "https://h.invalid/", "https://h.invalid/api/", "https://h.invalid/api/v2")) {
            assertThat(HordeSettings.of(address, Hordes.KEY, Hordes.AGENT).api())
                    .hasToString("https://h.invalid/api/v2");
        }
        for (String address :
                List.of("h.invalid", "ftp://h.invalid", "https://user:pw@h.invalid/", "https://h.invalid/?k=1")) {
            assertThatThrownBy(() -> HordeSettings.of(address, Hordes.KEY, Hordes.AGENT))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageNotContaining("pw");
        }
    }

    @Property
    void anyTextMayBeAnAddressAndNoneShowsItsQuery(@ForAll String text) {
        PresignedUrl url = new PresignedUrl("https://host/path?signature=" + text);
        assertThat(url.toString()).doesNotContain("signature");
        new PresignedUrl(text)
                .target()
                .ifPresent(target -> assertThat(target.path()).startsWith("/"));
        assertThat(new PresignedUrl(text).expires()).isEmpty();
    }
}
