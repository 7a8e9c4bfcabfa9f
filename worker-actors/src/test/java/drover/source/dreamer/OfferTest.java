package drover.source.dreamer;

import static org.assertj.core.api.Assertions.assertThat;

import drover.horde.ImagePop;
import drover.source.bridge.BridgeData;
import drover.source.bridge.CustomModel;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OfferTest {
    private static Offer offer(List<String> load, List<CustomModel> custom, String... onNodes) {
        return Offer.of(
                new BridgeData.Models(load, List.of(), false, custom),
                Optional.empty(),
                Optional.empty(),
                Set.of(onNodes));
    }

    @Test
    void aModelIsOfferedAsTheHordeWritesItAndOrderedAsTheNodesDo() {
        Offer offer = offer(List.of("Deliberate", "Elsewhere"), List.of(), "deliberate");
        assertThat(offer.selection().ready()).containsExactly("Deliberate");
        assertThat(offer.selection().missing()).containsExactly("Elsewhere");
        assertThat(offer.spelled("Deliberate")).isEqualTo("deliberate");
    }

    /** The server refuses a whole pop because of one such name, and with it every other model. */
    @Test
    void aNameThatTheServerDoesNotTakeIsNotOffered() {
        String tooLong = "x".repeat(256);
        Offer offer = offer(List.of("ab", "abc", tooLong), List.of(), "ab", "abc", tooLong);
        assertThat(offer.spelling()).containsOnlyKeys("abc");
        assertThat(ImagePop.isModelName("x".repeat(255))).isTrue();
        assertThat(ImagePop.isModelName("a\0bc")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "/models/v3-final.safetensors, v3-final",
        "v3-final.safetensors, v3-final",
        "/models/folder/, folder",
        "../my.model, my.model"
    })
    void aCustomModelIsWhatItsPathSays(String path, String name) {
        CustomModel mine = new CustomModel("Mine", "stable_diffusion_1", path);
        Offer offer = offer(List.of(), List.of(mine), name, "Other");
        assertThat(offer.selection().ready()).containsExactly("Mine");
        assertThat(offer.spelled("Mine")).isEqualTo(name);
        assertThat(offer(List.of(), List.of(mine), "Mine").selection().ready())
                .as("something else that is called like it")
                .isEmpty();
    }
}
