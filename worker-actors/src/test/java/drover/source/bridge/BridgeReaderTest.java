package drover.source.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import drover.setting.Secret;
import drover.source.bridge.BridgeData.Performance;
import drover.source.bridge.BridgeProblem.Severity;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A {@code bridgeData.yaml} means what it means to the existing worker. */
final class BridgeReaderTest {
    private static final Path TEMPLATE = Path.of("..", "conf", "bridgeData.yaml");
    private static final String KEY = "abcdefghijklmnopqrstuv";

    @TempDir
    Path folder;

    private BridgeReading read(String text) {
        return read(text, Map.of());
    }

    private BridgeReading read(String text, Map<String, String> environment) {
        try {
            return new BridgeReader(environment).read(Files.writeString(file(), text));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private Path file() {
        return folder.resolve("bridgeData.yaml");
    }

    private BridgeData data(String text) {
        BridgeReading reading = read(text);
        assertThat(reading.problems(Severity.ERROR)).isEmpty();
        return reading.data().orElseThrow();
    }

    private String problem(String text) {
        BridgeReading reading = read(text);
        assertThat(reading.problems()).hasSize(1);
        return reading.problems().getFirst().toString();
    }

    @Test
    void theTemplateHasEveryKeyThatDoesSomethingWithItsDefault() throws IOException, UnreadableFileException {
        BridgeReading template = new BridgeReader(Map.of()).read(TEMPLATE);
        BridgeReading empty = read("");

        assertThat(template.problems()).isEmpty();
        assertThat(template.data()).isEqualTo(empty.data());
        Set<String> keys = YamlText.read(Files.readString(TEMPLATE), "template").stream()
                .map(BridgeEntry::key)
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(keys)
                .isEqualTo(BridgeKeys.all().stream()
                        .filter(key -> key.noEffect().isEmpty())
                        .map(BridgeKey::name)
                        .collect(Collectors.toCollection(TreeSet::new)));
    }

    @Test
    void withoutAnythingTheDefaultsOfTheExistingWorkerHold() {
        BridgeData data = data("");

        assertThat(data.hordeUrl()).isEqualTo(URI.create("https://aihorde.net/api/"));
        assertThat(data.hasAccount()).isFalse();
        assertThat(data.hasName()).isFalse();
        assertThat(data.capacity()).isEqualTo(new BridgeData.Capacity(1, 1, 1, 8, Performance.NORMAL, false, false, 0));
        assertThat(data.capacity().maxPixels()).isEqualTo(512 * 512);
        assertThat(data.models())
                .isEqualTo(new BridgeData.Models(
                        List.of("top 2"), List.of("SDXL_beta::stability.ai#6901"), false, List.of()));
        assertThat(data.content()).isEqualTo(new BridgeData.Content(true, false, List.of(), List.of()));
        assertThat(data.features())
                .isEqualTo(new BridgeData.Features(true, false, true, false, false, false, false, false));
        assertThat(data.loras()).isEqualTo(new BridgeData.Loras(10 * 1024, 1024, Secret.NONE));
        assertThat(data.habits())
                .isEqualTo(new BridgeData.Habits(Duration.ofSeconds(30), Duration.ofMinutes(30), false, false, false));
        assertThat(data.scribe()).isEqualTo(new BridgeData.Scribe("An Awesome Scribe", 80, 1024, true));
        assertThat(data.alchemist())
                .isEqualTo(new BridgeData.Alchemist(
                        "An Awesome Alchemist", List.of("caption", "nsfw", "interrogation", "post-process")));
    }

    @Test
    void anExistingFileWorksAsItIs() {
        String text = """
                horde_url: "https://horde.example/api/"
                api_key: "%s"
                priority_usernames: ["me#1", 'you and I#22']
                max_threads: 2
                queue_size: 2
                max_batch: 4
                safety_on_gpu: true
                require_upfront_kudos: no
                civitai_api_token: civitai-secret
                dreamer_name: "My Dreamer"
                max_power: 64
                high_performance_mode: true
                blacklist:
                    - gore
                nsfw: false
                censor_nsfw: true
                censorlist: [blood]
                allow_painting: true
                allow_post_processing: "true"
                allow_controlnet: true
                allow_sdxl_controlnet: true
                allow_lora: 1
                max_lora_cache_size: 20
                model_stickiness: 0.25
                stats_output_frequency: 0
                cache_home: "./models/"
                temp_dir: "./tmp"
                dynamic_models: false
                number_of_dynamic_models: 0
                vram_to_leave_free: "80%%"
                inference_step_timeout: 600
                models_to_load:
                  - "TOP 3"
                  - 'ALL SDXL'
                  - Deliberate
                models_to_skip:
                  - pix2pix
                load_large_models: true
                custom_models:
                  - name: Mine
                    baseline: stable_diffusion_xl
                    filepath: /models/mine
                kai_url: "http://localhost:5000"
                max_length: 200
                branded_model: false
                forms: [Caption, "post_process"]
                """.formatted(KEY);
        BridgeReading reading = read(text);
        BridgeData data = reading.data().orElseThrow();

        assertThat(data.apiKey().reveal()).isEqualTo(KEY);
        assertThat(data.hasAccount()).isTrue();
        assertThat(data.workerName()).isEqualTo("My Dreamer");
        assertThat(data.priorityUsernames()).containsExactly("me#1", "you and I#22");
        assertThat(data.capacity())
                .isEqualTo(new BridgeData.Capacity(2, 2, 4, 64, Performance.HIGH, false, false, 0.25));
        assertThat(data.content()).isEqualTo(new BridgeData.Content(false, true, List.of("blood"), List.of("gore")));
        assertThat(data.features()).isEqualTo(new BridgeData.Features(true, true, true, true, true, true, true, false));
        assertThat(data.loras().cacheMebibytes()).isEqualTo(20 * 1024);
        assertThat(data.loras().civitaiToken().reveal()).isEqualTo("civitai-secret");
        assertThat(data.models().load()).containsExactly("TOP 3", "ALL SDXL", "Deliberate");
        assertThat(data.models().skip()).containsExactly("pix2pix", "SDXL_beta::stability.ai#6901");
        assertThat(data.models().custom())
                .containsExactly(new CustomModel("Mine", "stable_diffusion_xl", "/models/mine"));
        assertThat(data.habits().statsEvery()).isZero();
        assertThat(data.scribe().maxLength()).isEqualTo(200);
        assertThat(data.scribe().branded()).isFalse();
        assertThat(data.alchemist().forms()).containsExactly("caption", "post-process");

        assertThat(reading.problems(Severity.NOTE).stream().map(BridgeProblem::key))
                .as("each key without effect is listed once")
                .containsExactlyInAnyOrder(
                        "safety_on_gpu",
                        "cache_home",
                        "temp_dir",
                        "dynamic_models",
                        "number_of_dynamic_models",
                        "vram_to_leave_free",
                        "inference_step_timeout",
                        "kai_url",
                        "max_length",
                        "branded_model",
                        "forms");
        assertThat(reading.problems(Severity.WARNING).stream().map(BridgeProblem::toString))
                .as("a fork's value does not stop the worker")
                .containsExactly(file() + ":31: inference_step_timeout = 600; expected a whole number from 15 to 30");
    }

    @ParameterizedTest
    @CsvSource({
        "max_threads, 1, 16",
        "queue_size, 0, 4",
        "max_batch, 1, 20",
        "max_power, 1, 512",
        "max_lora_cache_size, 10, 2048",
        "minutes_allowed_without_jobs, 0, 3599",
        "model_stickiness, 0, 1",
    })
    void boundsAreThoseOfTheExistingWorker(String key, int min, int max) {
        for (int fits : List.of(min, max)) {
            assertThat(read(key + ": " + fits).problems()).as(key + ": " + fits).isEmpty();
        }
        for (int beyond : List.of(min - 1, max + 1)) {
            BridgeReading reading = read("nsfw: true\n" + key + ": " + beyond);
            assertThat(reading.data()).isEmpty();
            assertThat(reading.problems().getFirst().toString())
                    .startsWith(file() + ":2: " + key + " = " + beyond + "; expected a ")
                    .contains("from " + min)
                    .contains("to " + max)
                    .contains("; leave it out for ");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "max_length, 16385",
        "max_context_length, 0",
        "number_of_dynamic_models, 1001",
        "max_models_to_download, -1",
        "preload_timeout, 14",
        "post_process_timeout, 14",
        "inference_step_timeout, 31",
        "ram_to_leave_free, much",
        "forms, dance",
        "kai_url, here",
    })
    void aBadValueThatDoesNothingIsOnlyMentioned(String key, String value) {
        BridgeReading reading = read(key + ": " + value);

        assertThat(reading.data()).isPresent();
        assertThat(reading.problems().stream().map(BridgeProblem::severity))
                .containsExactlyInAnyOrder(Severity.NOTE, Severity.WARNING);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "max_power: eight",
                "max_power: 8.5",
                "max_power: [8]",
                "max_power: 99999999999999",
                "nsfw: maybe",
                "nsfw: [true]",
                "model_stickiness: NaN",
                "blacklist: {a: b}",
                "horde_url: aihorde.net",
                "horde_url: ftp://aihorde.net",
                "horde_url: https://user:pw@aihorde.net",
                "priority_usernames: [nobody]",
                "api_key: short",
                "dreamer_name: ' '",
                "custom_models: [Mine]",
                "custom_models: [{name: Mine, baseline: SDXL}]",
                "custom_models: [{name: A, baseline: b, filepath: c}, {name: A, baseline: b, filepath: c}]",
            })
    void whatDoesNotFitStopsTheFile(String text) {
        BridgeReading reading = read(text);

        assertThat(reading.data()).isEmpty();
        assertThat(reading.problems()).hasSize(1);
        assertThat(reading.problems().getFirst().where()).isEqualTo(file() + ":1");
        assertThat(reading.problems().getFirst().expected()).isNotEmpty();
    }

    @Test
    void everyMistakeIsSaidAtOnce() {
        assertThat(read("max_power: 0\nmax_batch: 21\nnsfw: perhaps\n").problems(Severity.ERROR))
                .hasSize(3);
    }

    @ParameterizedTest
    @CsvSource({
        "true, true",
        "True, true",
        "YES, true",
        "on, true",
        "1, true",
        "'false', false",
        "off, false",
        "N, false"
    })
    void switchesMayBeWrittenInManyWays(String word, boolean meant) {
        assertThat(data("allow_lora: " + word).features().lora()).isEqualTo(meant);
    }

    @Test
    void numbersMayBeQuoted() {
        assertThat(data("max_power: \"32\"").capacity().maxPixels()).isEqualTo(1024 * 1024);
        assertThat(data("max_power: 32.0").capacity().maxPower()).isEqualTo(32);
    }

    @Test
    void aNumberMayBeAName() {
        assertThat(data("dreamer_name: 12345").workerName()).isEqualTo("12345");
        assertThat(data("api_key: 0000000000").hasAccount()).isFalse();
    }

    @Test
    void aSingleTextIsAListOfItself() {
        assertThat(data("models_to_load: Deliberate").models().load()).containsExactly("Deliberate");
    }

    @Test
    void aKeyWithoutAValueIsNotSet() {
        assertThat(read("civitai_api_token:\nmax_power:\nblacklist: ~\n")).isEqualTo(read(""));
    }

    @Test
    void anEmptyListOfModelsIsTheStandardOne() {
        BridgeReading reading = read("models_to_load: []");

        assertThat(reading.data().orElseThrow().models().load()).containsExactly("top 2");
        assertThat(reading.problems().getFirst().toString()).contains("an empty list offers nothing");
    }

    @Test
    void onlyCustomModelsAreEnough() {
        String custom = "custom_models: [{name: Mine, baseline: b, filepath: c}]\nmodels_to_load: []";

        assertThat(data(custom).models().load()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "max_treads, did you mean max_threads?",
        "alow_lora, did you mean allow_lora?",
        "cycle_proces_on_model_change, did you mean cycle_process_on_model_change?",
        "zzzzzzzzzzzzz, leave it out"
    })
    void anUnknownKeyIsMentionedWithTheNearestOne(String key, String hint) {
        BridgeReading reading = read(key + ": 1");

        assertThat(reading.data()).isPresent();
        assertThat(reading.problems().getFirst().toString())
                .isEqualTo(file() + ":1: " + key + " is not a known key; " + hint);
    }

    @ParameterizedTest
    @CsvSource({
        "image_models_to_load, models_to_load, '[A, B]'",
        "image_models_to_skip, models_to_skip, '[A, B]'",
        "dreamer_worker_name, dreamer_name, Mine",
        "allow_inpainting, allow_painting, true",
        "allow_unsafe_ipaddr, allow_unsafe_ip, false",
        "horde_model_stickiness, model_stickiness, 0.5",
        "CIVIT_API_TOKEN, civitai_api_token, secret-token",
    })
    void otherNamesAreUnderstood(String alias, String name, String value) {
        assertThat(read(alias + ": " + value).data())
                .isEqualTo(read(name + ": " + value).data());
        assertThat(read(alias + ": " + value).problems()).isEmpty();
    }

    @Test
    void theProperNameComesBeforeAnAlias() {
        BridgeReading reading = read("dreamer_worker_name: Other\ndreamer_name: Mine\n");

        assertThat(reading.data().orElseThrow().workerName()).isEqualTo("Mine");
        assertThat(reading.problems().getFirst().toString())
                .startsWith(file() + ":1: dreamer_worker_name is another name of dreamer_name, which " + file() + ":2");
    }

    @Test
    void theCommonNameIsForWorkersWithoutOneOfTheirOwn() {
        assertThat(data("worker_name: Common").workerName()).isEqualTo("Common");
        assertThat(data("worker_name: Common\ndreamer_name: Mine").workerName()).isEqualTo("Mine");
    }

    @Test
    void controlNetNeedsSourceImages() {
        BridgeReading reading =
                read("allow_img2img: false\nallow_controlnet: true\nallow_sdxl_controlnet: true\nallow_painting: true");

        assertThat(reading.data().orElseThrow().features())
                .isEqualTo(new BridgeData.Features(false, true, true, false, false, false, false, false));
        assertThat(reading.problems(Severity.WARNING).stream().map(BridgeProblem::toString))
                .containsExactly(
                        file() + ":2: allow_controlnet = true is taken as false, because ControlNet needs"
                                + " allow_img2img; set it to false",
                        file() + ":3: allow_sdxl_controlnet = true is taken as false, because it needs"
                                + " allow_controlnet; set it to false");
    }

    @Test
    void anExtraSlowWorkerTakesOneJobAtATime() {
        BridgeReading reading = read("""
                extra_slow_worker: true
                max_threads: 2
                queue_size: 3
                high_performance_mode: true
                moderate_performance_mode: true
                """);

        assertThat(reading.data().orElseThrow().capacity())
                .isEqualTo(new BridgeData.Capacity(1, 0, 1, 8, Performance.NORMAL, true, false, 0));
        assertThat(reading.problems(Severity.WARNING)).hasSize(4);
        assertThat(read("extra_slow_worker: true").problems())
                .as("what nobody has set need not be mentioned")
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"1, 4, 4", "2, 4, 3", "16, 4, 3", "2, 3, 3"})
    void theQueueIsShorterWithSeveralThreads(int threads, int queue, int taken) {
        String text = "max_threads: %d\nqueue_size: %d".formatted(threads, queue);

        assertThat(data(text).capacity().queueSize()).isEqualTo(taken);
    }

    @ParameterizedTest
    @CsvSource({"false, false, NORMAL", "false, true, MODERATE", "true, false, HIGH", "true, true, HIGH"})
    void highPerformanceWins(boolean high, boolean moderate, Performance performance) {
        String text = "high_performance_mode: %s\nmoderate_performance_mode: %s".formatted(high, moderate);

        assertThat(data(text).capacity().performance()).isEqualTo(performance);
    }

    @Test
    void aLongBlacklistIsMentioned() {
        String words =
                java.util.stream.IntStream.range(0, 201).mapToObj(i -> "w" + i).collect(Collectors.joining(", "));

        assertThat(problem("blacklist: [" + words + "]")).contains("has 201 words; expected at most 200");
        assertThat(problem("blacklist: [a rather long word]")).contains("cuts to \"a rather long w\"");
    }

    @Test
    void aNameThatTheServerRefusesIsMentioned() {
        assertThat(problem("dreamer_name: My Colab 1")).contains("contains colab");
    }

    @ParameterizedTest
    @ValueSource(strings = {"'<b>bold</b>'", "Me & You"})
    void aNameThatTheServerWritesInAnotherWayIsMentioned(String name) {
        assertThat(problem("dreamer_name: " + name)).contains("< > &");
    }

    @Test
    void aModelWhoseNameTheServerDoesNotTakeIsMentioned() {
        assertThat(problem("custom_models: [{name: AB, baseline: sdxl, filepath: /models/ab.safetensors}]"))
                .contains("\"AB\"", "3 to 255 letters");
    }

    @Test
    void theEnvironmentOverridesTheFile() {
        BridgeReading reading = read(
                "max_power: 8\nnsfw: true\nmodels_to_load: [A]\n",
                Map.of(
                        "AIWORKER_REGEN_MAX_POWER", "32",
                        "AIWORKER_REGEN_NSFW", "false",
                        "AIWORKER_REGEN_MODELS_TO_LOAD", "['TOP 3', \"ALL SDXL\"; Deliberate]",
                        "AIWORKER_REGEN_BLACKLIST", "gore,blood",
                        "AIWORKER_REGEN_DREAMER_WORKER_NAME", "Mine, all mine",
                        "AIWORKER_REGEN_MAX_TREADS", "2"));
        BridgeData data = reading.data().orElseThrow();

        assertThat(data.capacity().maxPower()).isEqualTo(32);
        assertThat(data.content().nsfw()).isFalse();
        assertThat(data.models().load()).containsExactly("TOP 3", "ALL SDXL", "Deliberate");
        assertThat(data.content().blacklist()).containsExactly("gore", "blood");
        assertThat(data.workerName()).isEqualTo("Mine, all mine");
        assertThat(reading.problems().stream().map(BridgeProblem::toString))
                .containsExactly(
                        "environment variable AIWORKER_REGEN_MAX_TREADS: max_treads is not a known key; did you"
                                + " mean max_threads?");
        assertThat(reading.settings())
                .contains(new BridgeSetting("max_power", "32", "environment variable AIWORKER_REGEN_MAX_POWER"));
    }

    @Test
    void variablesWithNamesOfTheirOwnComeLast() {
        BridgeData data = read(
                        "dreamer_name: A\nhorde_url: https://a.example/\n",
                        Map.of(
                                "AIWORKER_REGEN_DREAMER_NAME", "B",
                                "AIWORKER_DREAMER_WORKER_NAME", "C",
                                "AI_HORDE_URL", "https://b.example/",
                                "AI_HORDE_DEV_URL", "http://127.0.0.1:7001/api/",
                                "AI_HORDE_DEV_APIKEY", KEY,
                                "AI_HORDE_MODEL_META_LARGE_MODELS", "anything",
                                "CIVIT_API_TOKEN", "token"))
                .data()
                .orElseThrow();

        assertThat(data.workerName()).isEqualTo("C");
        assertThat(data.hordeUrl()).isEqualTo(URI.create("http://127.0.0.1:7001/api/"));
        assertThat(data.hasAccount()).isTrue();
        assertThat(data.models().large()).isTrue();
        assertThat(data.loras().civitaiToken().reveal()).isEqualTo("token");
    }

    @Test
    void theSizeOfTheLoraCacheIsInGigabytesInTheFileAndInMegabytesInTheVariable() {
        assertThat(data("max_lora_cache_size: 12").loras().cacheMebibytes()).isEqualTo(12 * 1024);
        BridgeData.Loras loras = read(
                        "max_lora_cache_size: 12",
                        Map.of("AIWORKER_LORA_CACHE_SIZE", "500", "AIWORKER_LORA_MIN_DISK_FREE_MB", "2048"))
                .data()
                .orElseThrow()
                .loras();
        assertThat(loras.cacheMebibytes()).isEqualTo(500);
        assertThat(loras.minFreeMebibytes()).isEqualTo(2048);
        assertThat(read("", Map.of("AIWORKER_LORA_CACHE_SIZE", "lots"))
                        .problems()
                        .getFirst()
                        .toString())
                .contains("AIWORKER_LORA_CACHE_SIZE: = lots; expected a number of megabytes");
    }

    @Test
    void theEnvironmentAloneIsEnough() {
        BridgeReading reading =
                new BridgeReader(Map.of("AIWORKER_REGEN_MAX_POWER", "16")).read(folder.resolve("none.yaml"));

        assertThat(reading.data().orElseThrow().capacity().maxPower()).isEqualTo(16);
    }

    @Test
    void variablesWithoutEffectAreListed() {
        assertThat(read("", Map.of("AIWORKER_CACHE_HOME", "/models", "HORDE_SDK_DISABLE_CUSTOM_SINKS", "1"))
                        .problems(Severity.NOTE)
                        .stream()
                        .map(BridgeProblem::where))
                .containsExactly(
                        "environment variable AIWORKER_CACHE_HOME",
                        "environment variable HORDE_SDK_DISABLE_CUSTOM_SINKS");
    }

    @Test
    void customModelsMayBeInAFileOfTheirOwn() throws IOException {
        Path json = Files.writeString(folder.resolve("custom.json"), """
                {"Mine": {"name": "Mine", "baseline": "stable_diffusion_xl", "type": "ckpt",
                          "config": {"files": [{"path": "/models/mine"}]}},
                 "Half": {"name": "Half"}}""");
        BridgeReading reading = read("", Map.of("HORDELIB_CUSTOM_MODELS", json.toString()));

        assertThat(reading.data().orElseThrow().models().custom())
                .containsExactly(new CustomModel("Mine", "stable_diffusion_xl", "/models/mine"));
        assertThat(reading.problems(Severity.WARNING)).hasSize(1);

        Files.writeString(json, "{");
        assertThat(read("", Map.of("HORDELIB_CUSTOM_MODELS", json.toString())).data())
                .isEmpty();
    }

    @Test
    void secretsAreNeverShown() {
        String secret = "0123456789abcdefghijkl";
        BridgeReading good = read("api_key: " + secret + "\ncivitai_api_token: civitai-" + secret);
        BridgeReading bad = read("api_key: " + secret + "-too-long\ncivitai_api_token: with blanks " + secret);

        assertThat(good.data().orElseThrow().apiKey().reveal()).isEqualTo(secret);
        assertThat(good.toString()).doesNotContain(secret);
        assertThat(good.settings())
                .contains(new BridgeSetting("api_key", "(secret)", file() + ":1"))
                .contains(new BridgeSetting("civitai_api_token", "(secret)", file() + ":2"));
        assertThat(bad.problems()).hasSize(2);
        assertThat(bad.toString()).doesNotContain(secret);
    }

    @Test
    void aFileThatIsNotThereIsSaid() {
        BridgeReading reading = new BridgeReader(Map.of()).read(folder.resolve("none.yaml"));

        assertThat(reading.data()).isEqualTo(Optional.empty());
        assertThat(reading.problems().getFirst().toString()).contains("none.yaml: is not there");
    }
}
