package drover.source.dreamer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import drover.horde.HordeJson;
import drover.horde.ImageJob;
import drover.horde.ImagePopAnswer;
import drover.horde.ImageSubmit;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.ledger.Order;
import drover.source.appetite.EffectiveWork;
import drover.source.bridge.BridgeData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever stands in the fields of a job, it is drawn somehow, counted somehow and kept for the next process. */
class StrangeJobsProperties {
    private static final BridgeData.Content ANYTHING = new BridgeData.Content(true, false, List.of(), List.of());
    private static final List<String> PAYLOAD = List.of(
            "ddim_steps",
            "n_iter",
            "seed",
            "seed_variation",
            "image_is_control",
            "return_control_map",
            "sampler_name",
            "cfg_scale",
            "denoising_strength",
            "hires_fix_denoising_strength",
            "height",
            "width",
            "karras",
            "tiling",
            "hires_fix",
            "transparent",
            "clip_skip",
            "control_type",
            "post_processing",
            "facefixer_strength",
            "loras",
            "tis",
            "workflow",
            "extra_texts",
            "special",
            "use_nsfw_censor",
            "of_a_later_server");
    private static final List<String> BESIDE = List.of(
            "source_image",
            "source_processing",
            "source_mask",
            "extra_source_images",
            "messages",
            "skipped",
            "of_a_later_server");
    private static final List<String> VALUES = List.of(
            "null",
            "true",
            "\"False\"",
            "0",
            "-1",
            "1",
            "3.7",
            "NaN",
            "-Infinity",
            "1e400",
            "-1e40",
            "9223372036854775808",
            "\"\"",
            "\" 12 \"",
            "\"NaN\"",
            "\"\\ud83d\"",
            "\"a\\u0000b\"",
            "\"k_heun\"",
            "\"any\"",
            "\"https://s/x?sig=1\"",
            "[]",
            "{}",
            "[null, 7, \"x\", [], {}]",
            "[{\"name\": null}, {\"name\": 7, \"model\": \"x\", \"clip\": {}, \"strength\": \"1\", \"is_version\": 3}]",
            "{\"name\": \"x\", \"inject_ti\": [], \"image\": {}, \"id\": {}, \"message\": 3, \"text\": null}");

    record Change(String field, String value) {}

    @Provide
    Arbitrary<List<Change>> payload() {
        return changes(PAYLOAD);
    }

    @Provide
    Arbitrary<List<Change>> beside() {
        return changes(BESIDE);
    }

    private static Arbitrary<List<Change>> changes(List<String> fields) {
        return Combinators.combine(Arbitraries.of(fields), Arbitraries.of(VALUES))
                .as(Change::new)
                .list()
                .ofMaxSize(6);
    }

    private static JsonNode json(String text) {
        try {
            return HordeJson.mapper().readTree(text);
        } catch (IOException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    private static ImagePopAnswer answer(List<Change> payload, List<Change> beside) throws IOException {
        ObjectNode all = (ObjectNode) json("""
                {"id": "1", "ids": ["1", "2"], "model": "m", "ttl": 150, "payload": {"prompt": "a {hut|house}###rain"},
                 "r2_uploads": ["http://127.0.0.1:1/1?a", "http://127.0.0.1:1/2?b"]}
                """);
        ObjectNode inner = (ObjectNode) all.path("payload");
        payload.forEach(change -> inner.set(change.field(), json(change.value())));
        beside.forEach(change -> all.set(change.field(), json(change.value())));
        return HordeJson.mapper()
                .readValue(
                        HordeJson.mapper().writeValueAsString(all).getBytes(StandardCharsets.UTF_8),
                        ImagePopAnswer.class);
    }

    @Property
    void eachIsDrawnSomehow(@ForAll("payload") List<Change> payload, @ForAll("beside") List<Change> beside)
            throws Exception {
        ImagePopAnswer answer = answer(payload, beside);
        assertThat(answer.job()).isInstanceOf(ImagePopAnswer.Job.class);
        ImageJob job = ((ImagePopAnswer.Job) answer.job()).job();

        // The record checks its own ranges.
        ImageRequest request = ImageRequests.of(job, "m", List.of(), Inversions.NONE, ANYTHING);
        assertThat(request.width() % 64 + request.height() % 64).isZero();
        assertThat(request.width()).isBetween(64, 3072);
        assertThat(request.count()).isEqualTo(2);
        assertThat(request.prompt()).isIn("a hut", "a house");
        assertThat(request.negativePrompt()).isEqualTo("rain");
        assertThat(request.safety())
                .hasValueSatisfying(policy -> assertThat(policy.required()).isTrue());
        assertThat(EffectiveWork.of(Hand.shape(job))).isNotNegative();
        assertThat(Hand.pixelSteps(Hand.shape(job))).isPositive();

        Order order = Papers.of(new JobId("job"), "worker", Instant.EPOCH, answer, job);
        assertThat(Papers.read(order)).isEqualTo(new Papers.Work(job));
        for (ImageSubmit fault : job.faults("no")) {
            assertThat(json(HordeJson.mapper().writeValueAsString(fault))
                            .path("seed")
                            .isIntegralNumber())
                    .isTrue();
        }
        assertThat(request.seed()).isEqualTo(job.seedToUse());
    }
}
