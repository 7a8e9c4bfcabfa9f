package drover.horde;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
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
import org.junit.jupiter.params.provider.CsvSource;
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
        assertThat(new ImageSource.Inline(" data:image/webp;base64,UklG\r\nRg==\n").bytes(100))
                .hasValueSatisfying(bytes -> assertThat(bytes).hasSize(4));
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
                "\"150\"|{}",
                "\"prompt\": \"p ### n\"|\"prompt\": {}",
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

    /** The field in question, and what is read of it; the rest of the job stays as it is. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"ddim_steps\": 1e40                   | ddim_steps           | 2147483647",
                "\"ddim_steps\": \"-1e400\"             | ddim_steps           | -2147483648",
                "\"ddim_steps\": 20.9                   | ddim_steps           | 20",
                "\"ddim_steps\": \" 21 \"               | ddim_steps           | 21",
                "\"ddim_steps\": \"many\"               | ddim_steps           | null",
                "\"ddim_steps\": {\"a\": [1]}           | ddim_steps           | null",
                "\"ddim_steps\": [20]                   | ddim_steps           | null",
                "\"ddim_steps\": true                   | ddim_steps           | null",
                "\"cfg_scale\": \"7,5\"                 | cfg_scale            | null",
                "\"cfg_scale\": \"NaN\"                 | cfg_scale            | null",
                "\"cfg_scale\": NaN                     | cfg_scale            | null",
                "\"cfg_scale\": Infinity                | cfg_scale            | 1.7976931348623157E308",
                "\"cfg_scale\": []                      | cfg_scale            | null",
                "\"karras\": \"False\"                  | karras               | false",
                "\"karras\": 1                          | karras               | true",
                "\"karras\": 0.0                        | karras               | false",
                "\"karras\": \"perhaps\"                | karras               | null",
                "\"tiling\": {}                         | tiling               | null",
                "\"sampler_name\": 7                    | sampler_name         | \"7\"",
                "\"sampler_name\": {}                   | sampler_name         | null",
                "\"control_type\": []                   | control_type         | null",
                "\"post_processing\": \"RealESRGAN_x4plus\" | post_processing   | [\"RealESRGAN_x4plus\"]",
                "\"post_processing\": [7, {}, null, \"x\"] | post_processing    | [\"7\",\"x\"]",
                "\"post_processing\": {}                | post_processing      | null",
                "\"loras\": [7, \"x\", [], {\"name\": 9, \"model\": \"0.5\", \"is_version\": \"true\"}] | loras "
                        + "| [{\"name\":\"9\",\"model\":0.5,\"is_version\":true}]",
                "\"loras\": {\"name\": \"x\"}           | loras                | [{\"name\":\"x\"}]",
                "\"loras\": \"x\"                       | loras                | null",
                "\"tis\": [{\"name\": {}, \"inject_ti\": 1, \"strength\": []}] | tis | [{\"name\":\"\",\"inject_ti\":\"1\"}]",
                "\"extra_texts\": [null, {\"text\": 1}] | extra_texts          | [{\"text\":\"1\",\"reference\":\"\"}]",
                "\"use_nsfw_censor\": \"yes\"           | use_nsfw_censor      | true"
            })
    void aFieldOfAnotherKindIsTakenForWhatItCanBeOrLeftOut(String said, String field, String taken) throws Exception {
        String answer = JOB.replaceFirst("\"payload\": \\{", "\"payload\": {" + said.replace("\\", "\\\\") + ", ")
                .replace("\"ddim_steps\": \"20\", ", said.startsWith("\"ddim") ? "" : "\"ddim_steps\": \"20\", ")
                .replace("\"cfg_scale\": \"7.5\",", said.startsWith("\"cfg") ? "" : "\"cfg_scale\": \"7.5\",")
                .replace("\"karras\": true, ", said.startsWith("\"karras") ? "" : "\"karras\": true, ");
        ImageJob job = job(answer);
        JsonNode payload = HordeJson.mapper().valueToTree(job.payload());
        assertThat(payload.path(field)).isEqualTo(missingIfNull(taken));
        assertThat(job.payload().prompt()).contains("p ### n");
        assertThat(job.ids()).containsExactly("a", "b");
        assertThat(read(HordeJson.mapper().writeValueAsString(read(answer))))
                .as("what is kept of it for the next process is the same")
                .isEqualTo(read(answer));
    }

    private static JsonNode missingIfNull(String json) throws Exception {
        JsonNode tree = HordeJson.mapper().readTree(json);
        return tree.isNull() ? MissingNode.getInstance() : tree;
    }

    @Test
    void whatComesBesideAJobDoesNotSpoilIt() throws Exception {
        ImageJob job = job(JOB.replace(
                        "\"messages\": null", "\"messages\": [7, {\"id\": {}, \"message\": [], \"expiry\": 3}]")
                .replace("\"skipped\": {}", "\"skipped\": [1], \"extra_source_images\": [\"x\", {\"image\": 3}]"));
        assertThat(job.ids()).containsExactly("a", "b");
        assertThat(job.extraSourceImages())
                .singleElement()
                .satisfies(extra -> assertThat(extra.strength()).isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "7", "[\"https://s/x\"]", "true"})
    void aSourceImageThatIsNoneIsOneThatCannotBeRead(String source) throws Exception {
        ImageJob job = job(JOB.replace("\"source_image\": null", "\"source_image\": " + source));
        assertThat(((ImageSource.Inline) job.sourceImage().orElseThrow()).bytes(100))
                .isEmpty();
        assertThat(job(JOB.replace("\"source_image\": null", "\"source_image\": \" \""))
                        .sourceImage())
                .as("an empty text is no picture")
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"42.0, 42", "-1, 4294967295", "4294967296, 0", "' 7 ', 7", "99999999999999999999999, 4135583743"})
    void aSeedIsBroughtBelowTheLimit(String said, long seed) throws Exception {
        assertThat(job(JOB.replace("4294967295", said)).seed()).hasValue(seed);
        assertThat(job(JOB.replace("4294967295", said)).seedToUse()).isEqualTo(seed);
    }

    @Test
    void aJobWithoutASeedHasOneOfItsOwnThatIsToldAsWell() throws Exception {
        ImageJob job = job(JOB.replace("\"4294967295\"", "null"));
        assertThat(job.seedToUse()).isBetween(0L, (1L << 32) - 1);
        assertThat(job.seedToUse()).isEqualTo(job.faults("x").getFirst().seed());
        assertThat(job(JOB.replace("\"4294967295\"", "null").replace("\"a\"", "\"c\""))
                        .seedToUse())
                .as("another job's is another")
                .isNotEqualTo(job.seedToUse());
    }

    /** Half of a surrogate pair is no text that a server could keep: it would break on it each time. */
    @Test
    void whatIsCutIsStillText() throws Exception {
        String faces = "\uD83D\uDE00".repeat(300);
        for (int shift = 0; shift < 2; shift++) {
            String why = "x".repeat(shift) + faces + "\uD83D";
            ImageSubmit fault = ImageSubmit.faulted("x", 0, why, List.of(GenMetadata.loraDownloadFailed(why)));
            String ref = fault.genMetadata().getFirst().ref().orElseThrow();
            assertThat(ref).hasSizeBetween(250, 255);
            for (String text : List.of(fault.generation(), ref)) {
                assertThat(new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8))
                        .isEqualTo(text);
            }
        }
        assertThat(GenMetadata.tiDownloadFailed("a\0b").ref()).contains("ab");
        assertThat(job(JOB.replace("p ### n", "a\\ud83db\\u0000c")).payload().prompt())
                .contains("a\uFFFDbc");
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
