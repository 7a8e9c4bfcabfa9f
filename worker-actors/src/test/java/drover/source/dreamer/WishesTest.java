package drover.source.dreamer;

import static org.assertj.core.api.Assertions.assertThat;

import drover.horde.BridgeAgent;
import drover.horde.ImagePop;
import drover.source.appetite.Decision;
import drover.source.bridge.BridgeData;
import drover.source.bridge.BridgeReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a pop says of a worker. */
class WishesTest {
    private static final Abilities ALL = new Abilities(true, true, true, true, true, true);
    private static final Abilities NONE = new Abilities(false, false, false, false, false, false);
    private static final String EVERYTHING = """
            allow_painting: true
            allow_post_processing: true
            allow_controlnet: true
            allow_sdxl_controlnet: true
            allow_lora: true
            """;

    @TempDir
    private Path folder;

    private ImagePop pop(String file, Abilities able, int maxPixels, boolean enlarging, int threads) {
        try {
            BridgeData data = new BridgeReader(Map.of())
                    .read(Files.writeString(folder.resolve("bridgeData.yaml"), file))
                    .data()
                    .orElseThrow();
            return Wishes.pop(
                    data,
                    BridgeAgent.parse("drover:1:x"),
                    able,
                    new Decision.Pop(List.of("A"), maxPixels, 3, enlarging, false),
                    threads);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void whatTheOperatorAllowsAndThisMachineCanIsOffered() {
        ImagePop pop = pop(EVERYTHING, ALL, 262_144, true, 2);
        assertThat(pop.allowImg2img()).isTrue();
        assertThat(pop.allowPainting()).isTrue();
        assertThat(pop.allowPostProcessing()).isTrue();
        assertThat(pop.allowControlnet()).isTrue();
        assertThat(pop.allowSdxlControlnet()).isTrue();
        assertThat(pop.allowLora()).isTrue();
        assertThat(pop.amount()).isEqualTo(3);
        assertThat(pop.threads()).isEqualTo(2);
        assertThat(pop("", ALL, 262_144, true, 1))
                .as("the operator has allowed nothing of it")
                .satisfies(plain -> assertThat(List.of(
                                plain.allowPainting(),
                                plain.allowPostProcessing(),
                                plain.allowControlnet(),
                                plain.allowSdxlControlnet(),
                                plain.allowLora()))
                        .containsOnly(false));
        assertThat(pop(EVERYTHING, NONE, 262_144, true, 1))
                .satisfies(plain -> assertThat(List.of(
                                plain.allowImg2img(),
                                plain.allowPainting(),
                                plain.allowPostProcessing(),
                                plain.allowControlnet(),
                                plain.allowSdxlControlnet(),
                                plain.allowLora()))
                        .containsOnly(false));
    }

    @Test
    void withoutSourceImagesThereIsNoControlNet() {
        ImagePop pop = pop(EVERYTHING, new Abilities(false, true, true, true, true, true), 262_144, true, 1);
        assertThat(pop.allowControlnet()).isFalse();
        assertThat(pop.allowSdxlControlnet()).isFalse();
    }

    @Test
    void postProcessingIsOfferedOnlyWhereThereIsTime() {
        assertThat(pop(EVERYTHING, ALL, 262_144, false, 1).allowPostProcessing())
                .isFalse();
    }

    /** Untrusted owners who say more than the largest request are suspected. */
    @ParameterizedTest
    @CsvSource({"262144, 262144", "9437184, 9437184", "16777216, 9437184"})
    void noMorePixelsAreSaidThanARequestMayHave(int could, int said) {
        assertThat(pop("", ALL, could, false, 1).maxPixels()).isEqualTo(said);
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "16, 16", "80, 50"})
    void threadsAreWhatTheServerTakes(int threads, int said) {
        assertThat(pop("", ALL, 262_144, false, threads).threads()).isEqualTo(said);
    }

    @Test
    void ofABlacklistTheServerGetsWhatItKeeps() {
        String words = IntStream.range(0, 250).mapToObj(i -> "word" + i).collect(Collectors.joining(", "));
        assertThat(pop("blacklist: [" + words + "]", ALL, 262_144, false, 1).blacklist())
                .hasSize(200);
        assertThat(pop("blacklist: [' ', fourteenletter\uD83D\uDE00, fourteenletter]", ALL, 262_144, false, 1)
                        .blacklist())
                .as("cut without half a letter, and each once")
                .containsExactly("fourteenletter");
    }

    @Test
    void whoComesFirstAndWhoItIsIsSaid() {
        ImagePop pop = pop(
                "priority_usernames: [\"me#1\", 'you and I#22']\ndreamer_name: Mine\nnsfw: false\nallow_unsafe_ip: false",
                ALL,
                262_144,
                false,
                1);
        assertThat(pop.priorityUsernames()).containsExactly("me#1", "you and I#22");
        assertThat(pop.name()).isEqualTo("Mine");
        assertThat(pop.bridgeAgent()).isEqualTo("drover:1:x");
        assertThat(pop.nsfw()).isFalse();
        assertThat(pop.allowUnsafeIpaddr()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"require_upfront_kudos", "extra_slow_worker", "limit_max_steps"})
    void whatIsSwitchedOnIsSaid(String key) {
        Map<String, Boolean> said = flags(pop(key + ": true", ALL, 262_144, false, 1));
        assertThat(said).containsEntry(key, true);
        assertThat(flags(pop("", ALL, 262_144, false, 1))).containsEntry(key, false);
    }

    private static Map<String, Boolean> flags(ImagePop pop) {
        return Map.of(
                "require_upfront_kudos", pop.requireUpfrontKudos(),
                "extra_slow_worker", pop.extraSlowWorker(),
                "limit_max_steps", pop.limitMaxSteps());
    }
}
