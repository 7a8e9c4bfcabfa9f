package drover.source.dreamer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import drover.horde.GenMetadata;
import drover.horde.GenerationState;
import drover.horde.ImageSubmit;
import drover.horde.UploadOutcome;
import drover.inference.AssetRef;
import drover.inference.SafetyResult;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JudgementTest {
    private static AssetRef picture(SafetyResult safety) {
        return new AssetRef("job/1/0.webp", "image/webp", 1, "0".repeat(64), 7, safety);
    }

    @ParameterizedTest
    @CsvSource({
        "SAFE, OK, ",
        "NSFW, OK, information/nsfw",
        "CENSORED, CENSORED, censorship/nsfw",
        "CSAM, CSAM, censorship/csam"
    })
    void whatTheCheckHasFoundIsToldInTheServersWords(SafetyResult found, GenerationState state, String told) {
        Judgement judgement = Judgement.of(picture(found), 0, 1, List.of());
        assertThat(judgement.state()).isEqualTo(state);
        assertThat(judgement.metadata())
                .extracting(entry -> entry.type() + "/" + entry.value())
                .containsExactlyElementsOf(told == null ? List.of() : List.of(told));
    }

    @Test
    void whatNobodyHasLookedAtIsNotTold() {
        assertThatThrownBy(() -> Judgement.of(picture(SafetyResult.UNCHECKED), 0, 1, List.of()))
                .isInstanceOf(IllegalStateException.class);
    }

    /** The server takes 50 entries, and learns from one of them alone that a picture was replaced. */
    @ParameterizedTest
    @CsvSource({"CENSORED, censorship", "CSAM, censorship", "NSFW, information"})
    void noMatterHowMuchElseThereIsToTellTheVerdictIsTold(SafetyResult found, String type) {
        List<GenMetadata> remarks = IntStream.range(0, 80)
                .mapToObj(i -> GenMetadata.tiDownloadFailed("ti " + i))
                .toList();
        Judgement judgement = Judgement.of(picture(found), 3, 4, remarks);
        ImageSubmit submit = ImageSubmit.uploaded(
                "id", new UploadOutcome.Stored(Optional.empty()), judgement.state(), 7, judgement.metadata());
        assertThat(submit.genMetadata())
                .hasSize(GenMetadata.MAX_ENTRIES)
                .contains(GenMetadata.batchIndex(3))
                .anyMatch(entry -> entry.type().equals(type));
    }

    @Test
    void theIndexIsToldOfPicturesOfABatchOnly() {
        assertThat(Judgement.of(picture(SafetyResult.SAFE), 0, 1, List.of()).metadata())
                .isEmpty();
        assertThat(Judgement.of(picture(SafetyResult.SAFE), 0, 2, List.of()).metadata())
                .containsExactly(GenMetadata.batchIndex(0));
    }
}
