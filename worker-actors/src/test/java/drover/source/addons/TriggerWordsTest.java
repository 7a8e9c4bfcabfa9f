package drover.source.addons;

import static org.assertj.core.api.Assertions.assertThat;

import drover.source.models.Baseline;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TriggerWordsTest {
    private static final List<String> WORDS = List.of("pixel art style", "8bit", "watercolour");

    @ParameterizedTest
    @CsvSource({
        "8BIT, 8bit",
        "pixel art, pixel art style",
        "watercolor, watercolour",
        "something else,",
        "'',",
    })
    void aWordIsFoundExactlyOrAsAPartOrByLikeness(String wanted, String found) {
        assertThat(TriggerWords.choose(WORDS, wanted, new Random(1)).orElse(null))
                .isEqualTo(found);
    }

    @Test
    void anyIsOneOfThemByChanceAndAllIsAll() {
        Random random = new Random(1);
        assertThat(random.ints(100)
                        .mapToObj(i ->
                                TriggerWords.choose(WORDS, "any", new Random(i)).orElseThrow())
                        .distinct())
                .containsExactlyInAnyOrderElementsOf(WORDS);
        assertThat(TriggerWords.choose(WORDS, "ALL", random)).contains("pixel art style, 8bit, watercolour");
        assertThat(TriggerWords.choose(List.of(), "any", random)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "SD 1.5 LCM, STABLE_DIFFUSION_1, true",
        "SD 1.5, STABLE_DIFFUSION_XL, false",
        "Pony, STABLE_DIFFUSION_XL, true",
        "Pony V7, STABLE_DIFFUSION_XL, false",
        "Illustrious, STABLE_DIFFUSION_XL, true",
        "Flux.1 D, FLUX, true",
        "Flux.1 D, STABLE_DIFFUSION_1, false",
        "SD 3.5, STABLE_DIFFUSION_1, false",
        "Other, STABLE_DIFFUSION_1, true",
        "SDXL 1.0, OTHER, true",
    })
    void aLoraFitsTheFamilyItWasMadeFor(String baseModel, Baseline baseline, boolean fits) {
        assertThat(AddOnBase.fits(baseModel, baseline)).isEqualTo(fits);
    }

    @ParameterizedTest
    @CsvSource({
        "768, STABLE_DIFFUSION_1, true",
        "768, STABLE_DIFFUSION_XL, false",
        "768, STABLE_DIFFUSION_2, false",
        "1024, STABLE_DIFFUSION_2, true",
        "1024, STABLE_DIFFUSION_1, false",
        "2048, STABLE_DIFFUSION_XL, true",
        "2048, STABLE_DIFFUSION_1, false",
        "2048, OTHER, true",
        "32, STABLE_DIFFUSION_1, true",
        ", STABLE_DIFFUSION_1, true"
    })
    void whatItsMatricesAreForIsSeenWhateverItsSiteSays(Long width, Baseline baseline, boolean fits) {
        assertThat(AddOnBase.fits(width == null ? OptionalLong.empty() : OptionalLong.of(width), baseline))
                .isEqualTo(fits);
    }
}
