package drover.source.dreamer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import drover.horde.HordeJson;
import drover.horde.ImageJob;
import drover.horde.ImagePopAnswer;
import drover.inference.ImageRequest;
import drover.inference.OutputFormat;
import drover.inference.SafetyPolicy;
import drover.inference.Sampler;
import drover.source.bridge.BridgeData;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageRequestsTest {
    private static final BridgeData.Content ANYTHING = new BridgeData.Content(true, false, List.of(), List.of());

    private static ImageRequest request(String payload) {
        return request(payload, ANYTHING);
    }

    private static ImageRequest request(String payload, BridgeData.Content content) {
        return ImageRequests.of(job(payload), "as the nodes call it", List.of(), Inversions.NONE, content);
    }

    static ImageJob job(String payload) {
        String answer = """
                {"id": "1", "ids": ["1", "2"], "model": "stable_diffusion", "ttl": 150,
                 "r2_uploads": ["http://127.0.0.1:1/1?a", "http://127.0.0.1:1/2?b"], "payload": %s}
                """.formatted(payload);
        try {
            return ((ImagePopAnswer.Job) HordeJson.mapper()
                            .readValue(answer, ImagePopAnswer.class)
                            .job())
                    .job();
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(payload, e);
        }
    }

    @Test
    void whatIsSaidIsTaken() {
        ImageRequest request = request("""
                {"prompt": " a hut ### rain ", "sampler_name": "k_dpmpp_2m", "cfg_scale": 7.5, "seed": "4294967295",
                 "height": 768, "width": 512, "ddim_steps": 20, "karras": false, "clip_skip": 2, "n_iter": 2}
                """);
        assertThat(request.prompt()).isEqualTo("a hut");
        assertThat(request.negativePrompt()).isEqualTo("rain");
        assertThat(request.sampler()).isEqualTo(Sampler.DPMPP_2M);
        assertThat(request.karras()).isFalse();
        assertThat(request.cfgScale()).isEqualTo(7.5);
        assertThat(request.seed()).isEqualTo(4_294_967_295L);
        assertThat(request.width()).isEqualTo(512);
        assertThat(request.height()).isEqualTo(768);
        assertThat(request.steps()).isEqualTo(20);
        assertThat(request.clipSkip()).isEqualTo(2);
        assertThat(request.count()).isEqualTo(2);
        assertThat(request.model()).isEqualTo("as the nodes call it");
    }

    @Test
    void whatIsNotSaidIsAsUsual() {
        ImageRequest request = request("{\"prompt\": \"\"}");
        assertThat(request.prompt()).isEmpty();
        assertThat(request.negativePrompt()).isEmpty();
        assertThat(request.width()).isEqualTo(512);
        assertThat(request.height()).isEqualTo(512);
        assertThat(request.steps()).isEqualTo(30);
        assertThat(request.karras()).isTrue();
        assertThat(request.clipSkip()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"prompt\": \"x\", \"cfg_scale\": 0} | 1 | 512 | 30",
                "{\"prompt\": \"x\", \"cfg_scale\": 1000} | 100 | 512 | 30",
                "{\"prompt\": \"x\", \"width\": 1} | 5 | 64 | 30",
                "{\"prompt\": \"x\", \"width\": 513} | 5 | 576 | 30",
                "{\"prompt\": \"x\", \"width\": 100000} | 5 | 3072 | 30",
                "{\"prompt\": \"x\", \"ddim_steps\": 0} | 5 | 512 | 1",
                "{\"prompt\": \"x\", \"ddim_steps\": 9999} | 5 | 512 | 500",
            })
    void whatIsOutOfRangeIsBroughtIntoIt(String payload, double cfg, int width, int steps) {
        ImageRequest request = request(payload);
        assertThat(request.cfgScale()).isEqualTo(cfg);
        assertThat(request.width()).isEqualTo(width);
        assertThat(request.steps()).isEqualTo(steps);
    }

    @Test
    void aSamplerThatNobodyKnowsIsEuler() {
        assertThat(request("{\"prompt\": \"x\", \"sampler_name\": \"k_new\"}").sampler())
                .isEqualTo(Sampler.EULER);
    }

    @Test
    void onlyWhatStandsBehindTheFirstSeparatorIsNegative() {
        ImageRequest request = request("{\"prompt\": \"a###b###c\"}");
        assertThat(request.prompt()).isEqualTo("a");
        assertThat(request.negativePrompt()).isEqualTo("b");
    }

    @Test
    void nothingLeavesUnseenAndWhatIsReplacedIsTheOperatorsAndTheRequestersChoice() {
        BridgeData.Content safe = new BridgeData.Content(false, false, List.of(), List.of());
        BridgeData.Content censoring = new BridgeData.Content(true, true, List.of("snake"), List.of());
        assertThat(request("{\"prompt\": \"x\"}").safety()).contains(new SafetyPolicy(true, false, List.of()));
        assertThat(request("{\"prompt\": \"x\", \"use_nsfw_censor\": true}").safety())
                .contains(new SafetyPolicy(true, true, List.of()));
        assertThat(request("{\"prompt\": \"x\"}", safe).safety()).contains(new SafetyPolicy(true, true, List.of()));
        assertThat(request("{\"prompt\": \"x\"}", censoring).safety())
                .contains(new SafetyPolicy(true, true, List.of("snake")));
        assertThat(request("{\"prompt\": \"x\"}").format()).isEqualTo(OutputFormat.HORDE);
    }

    @Test
    void textualInversionsAreLeftOutOfThePrompt() {
        ImageRequest request = request("""
                {"prompt": "a, (embedding:1234:1.2), b embedding:Ugly-v1.0, c (d:1.1)###embedding:x"}
                """);
        assertThat(request.prompt()).isEqualTo("a, , b , c (d:1.1)");
        assertThat(request.negativePrompt()).isEmpty();
    }

    /** The existing engine brings everything into range and refuses nothing. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"width\": 1e30, \"height\": \"-5\"       | 3072 | 64  | 30  | 5.0   | 1",
                "\"width\": \"wide\", \"height\": {}       | 512  | 512 | 30  | 5.0   | 1",
                "\"ddim_steps\": \"20\", \"clip_skip\": \"2\" | 512 | 512 | 20 | 5.0   | 2",
                "\"ddim_steps\": 1e40, \"clip_skip\": 99   | 512  | 512 | 500 | 5.0   | 12",
                "\"ddim_steps\": [], \"clip_skip\": 0      | 512  | 512 | 30  | 5.0   | 1",
                "\"cfg_scale\": NaN, \"clip_skip\": null   | 512  | 512 | 30  | 5.0   | 1",
                "\"cfg_scale\": Infinity                   | 512  | 512 | 30  | 100.0 | 1",
                "\"cfg_scale\": \"-Infinity\"              | 512  | 512 | 30  | 1.0   | 1",
                "\"control_type\": \"canny\"               | 512  | 512 | 20  | 5.0   | 1",
                "\"control_type\": \"canny\", \"ddim_steps\": 200 | 512 | 512 | 40 | 5.0 | 1",
                "\"special\": {\"x\": [NaN]}, \"later\": {}  | 512  | 512 | 30  | 5.0   | 1",
            })
    void nothingIsRefused(String fields, int width, int height, int steps, double cfg, int clipSkip) {
        ImageRequest request = request("{\"prompt\": \"x\", " + fields + "}");
        assertThat(request.width()).isEqualTo(width);
        assertThat(request.height()).isEqualTo(height);
        assertThat(request.steps()).isEqualTo(steps);
        assertThat(request.cfgScale()).isEqualTo(cfg);
        assertThat(request.clipSkip()).isEqualTo(clipSkip);
        assertThat(request.count()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({
        "k_euler, k_euler",
        "K_EULER_A, k_euler_a",
        "ddim, DDIM",
        "lcm, lcm",
        "plms, k_euler",
        "'', k_euler",
        "{}, k_euler"
    })
    void samplersAreKnownInAnyCaseAndOthersAreEuler(String asked, String drawn) {
        String json = asked.equals("{}") ? asked : "\"" + asked + "\"";
        assertThat(request("{\"prompt\": \"x\", \"sampler_name\": " + json + "}")
                        .sampler()
                        .hordeName())
                .isEqualTo(drawn);
    }

    @Test
    void withoutASeedTheJobsOwnIsDrawnWith() {
        ImageJob job = job("{\"prompt\": \"x\"}");
        assertThat(request("{\"prompt\": \"x\", \"seed\": \"words\"}").seed())
                .isEqualTo(job.seedToUse())
                .isNotZero();
    }

    @Test
    void aTriggerStandsAloneBeforeAnEmptyPrompt() {
        assertThat(ImageRequests.of(job("{\"prompt\": \"###rain\"}"), "m", List.of("ink"), Inversions.NONE, ANYTHING)
                        .prompt())
                .isEqualTo("ink");
    }

    @Test
    void aTriggerNamesNoFilesOfThisHostAndDoesNotEndThePrompt() {
        ImageRequest request = ImageRequests.of(
                job("{\"prompt\": \"a hut###rain\"}"),
                "m",
                List.of("ink ###embedding:operators-own", "embedding:x"),
                Inversions.NONE,
                ANYTHING);
        assertThat(request.prompt()).isEqualTo("ink, a hut");
        assertThat(request.negativePrompt()).isEqualTo("rain");
    }

    @Test
    void choicesAreMadeFromInsideByTheSeed() {
        assertThat(ImageRequests.chosen("a {red|red} {x{1|1}|x1} {left} {", 7)).isEqualTo("a red x1 {left} {");
        assertThat(ImageRequests.chosen("{a|b|c|d|e|f|g|h}", 1))
                .isEqualTo(ImageRequests.chosen("{a|b|c|d|e|f|g|h}", 1));
    }

    @Property
    void anyPromptComesThrough(@ForAll String prompt, @ForAll long seed) {
        assertThat(ImageRequests.chosen(prompt.replace('|', ' '), seed)).isEqualTo(prompt.replace('|', ' '));
        assertThat(ImageRequests.chosen(prompt, seed).length()).isLessThanOrEqualTo(prompt.length());
    }
}
