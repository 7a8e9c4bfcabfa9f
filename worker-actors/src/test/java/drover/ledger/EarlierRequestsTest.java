package drover.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import drover.inference.ImageFeatures;
import drover.inference.ImageRequest;
import drover.inference.LoraUse;
import org.junit.jupiter.api.Test;

/** Requests as earlier versions wrote them. */
class EarlierRequestsTest {
    private static final String PLAIN = """
            "kind": "image", "model": "m", "prompt": "p", "negativePrompt": "", "width": 64, "height": 64, "steps": 3,
            "sampler": "k_euler", "cfgScale": 5.0, "seed": 7, "clipSkip": 1, "count": 1
            """;

    @Test
    void oneWithoutFeaturesHasNone() {
        ImageRequest read = LedgerJson.read("{" + PLAIN + "}", ImageRequest.class);
        assertThat(read.features()).isEqualTo(ImageFeatures.NONE);
        assertThat(LedgerJson.read(LedgerJson.write(read), ImageRequest.class)).isEqualTo(read);
    }

    @Test
    void featuresThatSayLittleAskForLittle() {
        String some = "{" + PLAIN + ", \"features\": {\"loras\": [{\"file\": \"a\", \"model\": 1, \"clip\": 0.5}]}}";
        ImageFeatures read = LedgerJson.read(some, ImageRequest.class).features();
        assertThat(read.loras()).containsExactly(new LoraUse("a", 1, 0.5));
        assertThat(read.source()).isEmpty();
        assertThat(read.postProcessing()).isEmpty();
        assertThat(read.tiling()).isFalse();
    }
}
