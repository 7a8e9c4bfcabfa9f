package drover.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class WantedPreviewsTest {
    private static final ImageRequest UNCHECKED =
            new ImageRequest("m", "p", "", 64, 64, 20, Sampler.EULER, 5, 1, 1, 1, Optional.empty());

    private static List<Integer> steps(WantedPreviews previews, int from, int to) {
        List<Integer> wanted = new ArrayList<>();
        for (int step = from; step <= to; step++) {
            if (previews.wanted(step)) {
                previews.made();
                wanted.add(step);
            }
        }
        return wanted;
    }

    @Test
    void thereAreNoneUntilSomebodyWishes() {
        assertThat(steps(new WantedPreviews(UNCHECKED), 0, 20)).isEmpty();
    }

    @Test
    void thereAreAsManyAsWished() {
        WantedPreviews previews = new WantedPreviews(UNCHECKED);
        previews.wish(new PreviewWish(3, 2));
        assertThat(steps(previews, 0, 12)).containsExactly(3, 6);
        previews.wish(new PreviewWish(1, 2));
        assertThat(steps(previews, 13, 20)).containsExactly(13, 14);
    }

    @Test
    void aFollowerTakesNothingFromTheSetting() {
        WantedPreviews previews = new WantedPreviews(UNCHECKED);
        previews.wish(new PreviewWish(5, PreviewWish.UNTIL_THE_END));
        assertThat(steps(previews, 0, 11)).containsExactly(5, 10);
        previews.wish(new PreviewWish(1, 3));
        assertThat(steps(previews, 12, 20)).hasSize(9);
    }

    static List<SafetyPolicy> policies() {
        return List.of(
                SafetyPolicy.MARK,
                SafetyPolicy.CENSOR,
                new SafetyPolicy(true, false, List.of("a word of the Horde's")));
    }

    @ParameterizedTest
    @MethodSource("policies")
    void nothingIsShownOfWhatIsToBeCheckedFirst(SafetyPolicy policy) {
        WantedPreviews previews = new WantedPreviews(UNCHECKED.withSafety(policy));
        previews.wish(new PreviewWish(1, PreviewWish.UNTIL_THE_END));
        assertThat(steps(previews, 0, 20)).isEmpty();
    }

    @Test
    void whatIsTooLargeIsNoPreview() {
        Position at = new Position(Phase.DENOISING, 1, 2);
        assertThatThrownBy(() -> new Preview("", 129, 1, at)).hasMessageContaining("129x1");
        assertThatThrownBy(() -> new Preview("", 0, 1, at)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Preview("x".repeat(Preview.MAX_LENGTH + 1), 1, 1, at))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new PreviewWish(0, 1)).isInstanceOf(IllegalArgumentException.class);
    }
}
