package drover.source.dreamer;

import static org.assertj.core.api.Assertions.assertThat;

import drover.diffusion.TextualInversion;
import drover.source.dreamer.Inversions.Place;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InversionsTest {
    private static Inversions one(Optional<Place> into, double strength) {
        return new Inversions(List.of(new Inversions.One(Set.of("bad_hands", "70", "7"), "horde/7", into, strength)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a hut | a hut",
                "a (embedding:70:1.2), b | a (embedding:horde/7:1.2), b",
                "a (Embedding:Bad_Hands), b | a (embedding:horde/7), b",
                "a embedding:7, b | a embedding:horde/7, b",
                "embedding:70. | embedding:horde/7.",
                "(a, embedding:70, b:1.3) | (a, embedding:horde/7, b:1.3)",
                "(a, embedding:71, b:1.3) | (a, , b:1.3)",
                "a (embedding:71:1.2) b | a  b",
                "a embedding:../x b | a  b",
                "embed(embedding:x)ding:70 | embedding:horde/7",
            })
    void aMentionIsInTheEnginesWordsOrLeftOut(String written, String told) {
        assertThat(one(Optional.empty(), 1).applied(written, Place.PROMPT)).isEqualTo(told);
    }

    @Test
    void whatIsToBePutSomewhereIsInFrontOfThePromptAndBehindTheNegativeOne() {
        Inversions negative = one(Optional.of(Place.NEGATIVE), 1.25);
        assertThat(negative.applied("a hut", Place.PROMPT)).isEqualTo("a hut");
        assertThat(negative.applied(" rain ", Place.NEGATIVE)).isEqualTo("rain, (embedding:horde/7:1.25)");
        assertThat(negative.applied("", Place.NEGATIVE)).isEqualTo("(embedding:horde/7:1.25)");
        assertThat(one(Optional.of(Place.PROMPT), -1e-9).applied("x", Place.PROMPT))
                .as("no exponent, which would be words")
                .isEqualTo("(embedding:horde/7:0), x");
        assertThat(one(Optional.of(Place.PROMPT), -5).applied("x", Place.PROMPT))
                .isEqualTo("(embedding:horde/7:-5), x");
    }

    @Test
    void onlyTheHordesWordsSayWhere() {
        assertThat(Place.of("prompt")).contains(Place.PROMPT);
        assertThat(Place.of("negprompt")).contains(Place.NEGATIVE);
        assertThat(Place.of("both")).isEmpty();
    }

    @Test
    void blanksOfANameAreLinesInAMention() {
        assertThat(Inversions.key(" Bad  Hands ")).isEqualTo("bad_hands");
    }

    /** A strange mention would be looked for among the operator's files, and fault the job. */
    @Property
    void theEngineFindsNoOtherMentions(@ForAll("prompts") String prompt) {
        String told = one(Optional.empty(), 1).applied(prompt, Place.PROMPT);
        assertThat(TextualInversion.mentioned(told)).isSubsetOf("horde/7");
    }

    @Provide
    Arbitrary<String> prompts() {
        return Arbitraries.of("embedding:", "7", "x", "(", ")", " ", ",", ":", ".", "embed", "ding:", "/")
                .list()
                .ofMaxSize(14)
                .map(parts -> String.join("", parts));
    }
}
