package drover.source.models;

import static org.assertj.core.api.Assertions.assertThat;

import drover.source.bridge.BridgeData;
import drover.source.bridge.CustomModel;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every word of {@code models_to_load} means what the existing worker takes it to mean. */
final class ModelSelectionTest {
    private static final ModelReference REFERENCE = ModelReference.of(List.of(
            model("stable_diffusion", Baseline.STABLE_DIFFUSION_1, false, false),
            model("Deliberate", Baseline.STABLE_DIFFUSION_1, true, false),
            model("sd_inpainting", Baseline.STABLE_DIFFUSION_1, false, true),
            model("stable_diffusion_2.1", Baseline.STABLE_DIFFUSION_2, false, false),
            model("SDXL 1.0", Baseline.STABLE_DIFFUSION_XL, false, false),
            model("AlbedoBase XL", Baseline.STABLE_DIFFUSION_XL, true, false),
            model("Stable Cascade 1.0", Baseline.STABLE_CASCADE, false, false),
            model("Flux.1-Schnell fp8 (Compact)", Baseline.FLUX, false, false)));

    private static final Map<String, Long> USE = Map.of(
            "SDXL 1.0", 900L,
            "Flux.1-Schnell fp8 (Compact)", 800L,
            "Deliberate", 700L,
            "a model of yesterday", 600L,
            "stable_diffusion", 500L,
            "AlbedoBase XL", 2L,
            "stable_diffusion_2.1", 2L,
            "Stable Cascade 1.0", 1L,
            "", 5000L);

    private static ReferenceModel model(String name, Baseline baseline, boolean nsfw, boolean inpainting) {
        return new ReferenceModel(name, baseline, nsfw, inpainting, OptionalLong.empty());
    }

    private static ModelSelection select(List<String> load, List<String> skip, boolean large, CustomModel... custom) {
        return ModelSelection.of(
                new BridgeData.Models(load, skip, large, List.of(custom)),
                Optional.of(REFERENCE),
                Optional.of(new ModelPopularity(USE)),
                List.of(),
                it -> false);
    }

    private static List<String> split(@Nullable String names) {
        return names == null
                ? List.of()
                : Arrays.stream(names.split(";")).map(String::strip).toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "TOP 1           | SDXL 1.0",
                "top 3           | SDXL 1.0; Deliberate",
                "Top  4 models   | SDXL 1.0; Deliberate",
                "top 5           | SDXL 1.0; Deliberate; stable_diffusion",
                "top 0           |",
                "TOP 99999       | SDXL 1.0; Deliberate; stable_diffusion; AlbedoBase XL; stable_diffusion_2.1",
                "BOTTOM 2        | AlbedoBase XL",
                "bottom 3        | AlbedoBase XL; stable_diffusion_2.1",
                "ALL SD15        | stable_diffusion; Deliberate; sd_inpainting",
                "all sd15 models | stable_diffusion; Deliberate; sd_inpainting",
                "ALL SD21        | stable_diffusion_2.1",
                "All SD21 Model  | stable_diffusion_2.1",
                "ALL SDXL MODELS | SDXL 1.0; AlbedoBase XL",
                "all sfw         | stable_diffusion; sd_inpainting; stable_diffusion_2.1; SDXL 1.0",
                "ALL NSFW MODELS | Deliberate; AlbedoBase XL",
                "all  inpainting | sd_inpainting",
                "ALL             | stable_diffusion; Deliberate; sd_inpainting; stable_diffusion_2.1; SDXL 1.0; AlbedoBase XL",
                "all models      | stable_diffusion; Deliberate; sd_inpainting; stable_diffusion_2.1; SDXL 1.0; AlbedoBase XL",
                "Deliberate      | Deliberate",
                "Stable Cascade 1.0 | Stable Cascade 1.0",
                "deliberate      | Deliberate",
                "ALL FLUX        |",
                "top             |",
                "topmost         |",
            })
    void wordsAndNames(String entry, @Nullable String models) {
        assertThat(select(List.of(entry), List.of(), false).chosen()).isEqualTo(split(models));
    }

    @Test
    void largeModelsComeWithWordsOnlyIfAllowed() {
        assertThat(select(List.of("top 3"), List.of(), true).chosen())
                .containsExactly("SDXL 1.0", "Flux.1-Schnell fp8 (Compact)", "Deliberate");
        assertThat(select(List.of("ALL"), List.of(), true).chosen()).hasSize(8);
        assertThat(select(List.of("ALL SFW"), List.of(), true).chosen())
                .contains("Stable Cascade 1.0", "Flux.1-Schnell fp8 (Compact)");
    }

    @Test
    void whatIsLeftOutIsSaid() {
        assertThat(select(List.of("top 4"), List.of(), false).load().getFirst().remarks())
                .containsExactly(
                        "without Flux.1-Schnell fp8 (Compact): too large without load_large_models",
                        "without a model of yesterday: not in the model reference");
    }

    @Test
    void whatIsSkippedIsNotMadeUpFor() {
        assertThat(select(List.of("top 3"), List.of("SDXL 1.0"), false).chosen())
                .containsExactly("Deliberate");
        assertThat(select(List.of("ALL"), List.of("all nsfw models", "ALL SDXL", "gone"), false)
                        .chosen())
                .containsExactly("stable_diffusion", "sd_inpainting", "stable_diffusion_2.1");
        assertThat(select(List.of("Flux.1-Schnell fp8 (Compact)", "SDXL 1.0"), List.of("top 2"), false)
                        .chosen())
                .as("a word to skip means large models too")
                .isEmpty();
    }

    @Test
    void severalEntriesAddUpWithoutRepeating() {
        assertThat(select(List.of("ALL SDXL", "top 1", "Deliberate", "SDXL 1.0"), List.of(), false)
                        .chosen())
                .containsExactly("SDXL 1.0", "AlbedoBase XL", "Deliberate");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Deliberat   | is not in the model reference; did you mean Deliberate?",
                "ALL SDXL MODLES | is not in the model reference; did you mean ALL SDXL MODELS?",
                "emoji-diffusion | is not in the model reference; a model of your own belongs into custom_models",
                "sdxl 1.0    | is written SDXL 1.0",
            })
    void anUnknownNameIsSaid(String entry, String remark) {
        assertThat(select(List.of(entry), List.of(), false).load().getFirst().remarks())
                .containsExactly(remark);
    }

    @Test
    void customModelsComeLastAndMayBeNamedToo() {
        CustomModel mine = new CustomModel("Mine", "stable_diffusion_xl", "mine");

        assertThat(select(List.of("top 1"), List.of(), false, mine).chosen()).containsExactly("SDXL 1.0", "Mine");
        assertThat(select(List.of("Mine", "top 1"), List.of(), false, mine).chosen())
                .containsExactly("Mine", "SDXL 1.0");
        assertThat(select(List.of("top 1"), List.of("Mine"), false, mine).chosen())
                .containsExactly("SDXL 1.0");
    }

    @Test
    void onlyWhatIsOnDiskIsReady() {
        CustomModel here = new CustomModel("Here", "stable_diffusion_xl", "here");
        CustomModel gone = new CustomModel("Gone", "stable_diffusion_xl", "gone");
        ModelSelection selection = ModelSelection.of(
                new BridgeData.Models(List.of("top 3", "stable_diffusion"), List.of(), false, List.of(here, gone)),
                Optional.of(REFERENCE),
                Optional.of(new ModelPopularity(USE)),
                List.of("deliberate", "emoji-diffusion"),
                model -> model.equals(here));

        assertThat(selection.ready()).containsExactly("Deliberate", "Here");
        assertThat(selection.missing()).containsExactly("SDXL 1.0", "stable_diffusion", "Gone");
    }

    @Test
    void withoutTheServersStatisticsRanksMeanNothingYet() {
        ModelSelection selection = ModelSelection.of(
                new BridgeData.Models(List.of("top 3", "ALL SDXL"), List.of(), false, List.of()),
                Optional.of(REFERENCE),
                Optional.empty(),
                List.of(),
                it -> false);

        assertThat(selection.chosen()).containsExactly("SDXL 1.0", "AlbedoBase XL");
        assertThat(selection.load().getFirst().remarks())
                .containsExactly("is resolved once the Horde has been asked for its statistics");
    }

    @Test
    void withoutAReferenceNamesAreTakenAsTheyAre() {
        ModelSelection selection = ModelSelection.of(
                new BridgeData.Models(List.of("ALL", "TOP 2", "Anything"), List.of("Other"), false, List.of()),
                Optional.empty(),
                Optional.of(new ModelPopularity(USE)),
                List.of("anything"),
                it -> false);

        assertThat(selection.ready()).containsExactly("Anything");
        assertThat(selection.load().get(0).remarks()).containsExactly("cannot be resolved without the model reference");
        assertThat(selection.load().get(1).remarks()).containsExactly("cannot be resolved without the model reference");
    }

    private static final List<String> ENTRIES = Stream.concat(
                    REFERENCE.all().stream().map(ReferenceModel::name),
                    Stream.of("top 2", "BOTTOM 3", "all", "ALL SD15", "ALL SDXL MODELS", "ALL NSFW", "nonsense"))
            .toList();

    @Property
    void nothingUnknownNothingTwiceNothingSkipped(
            @ForAll @Size(max = 5) List<Integer> load, @ForAll @Size(max = 3) List<Integer> skip) {
        List<String> wanted = entries(load);
        List<String> unwanted = entries(skip);
        ModelSelection selection = select(wanted, unwanted, false);

        Set<String> once = new HashSet<>(selection.chosen());
        assertThat(once).hasSize(selection.chosen().size());
        assertThat(selection.chosen()).allMatch(name -> REFERENCE.find(name).isPresent());
        selection
                .skip()
                .forEach(entry -> assertThat(selection.chosen())
                        .noneMatch(name -> entry.models().contains(name)));
        assertThat(select(wanted, unwanted, false)).isEqualTo(selection);
        assertThat(selection.chosen())
                .isSubsetOf(select(wanted, List.of(), false).chosen());
    }

    private static List<String> entries(List<Integer> indices) {
        return indices.stream()
                .map(i -> ENTRIES.get(Math.floorMod(i, ENTRIES.size())))
                .toList();
    }
}
