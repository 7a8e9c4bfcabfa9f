package drover.safety;

import static org.assertj.core.api.Assertions.assertThat;

import drover.inference.SafetyPolicy;
import drover.inference.SafetyResult;
import drover.safety.PictureChecker.Findings;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetyRulesTest {
    @ParameterizedTest(name = "forbidden {0}, listed {1}, nsfw {2}, special care {3}, censor {4}: {5}")
    @CsvSource({
        "no,  no,  no,  no,  yes, SAFE",
        "no,  no,  no,  yes, yes, SAFE",
        "no,  no,  yes, no,  no,  NSFW",
        "no,  no,  yes, no,  yes, CENSORED",
        "no,  no,  yes, yes, no,  CSAM",
        "no,  yes, yes, yes, no,  CSAM",
        "no,  yes, no,  no,  no,  CENSORED",
        "yes, yes, no,  no,  no,  CSAM",
        "yes, no,  no,  no,  no,  CSAM"
    })
    void theFirstRuleThatFitsCounts(
            String forbidden, String listed, String nsfw, String care, String censor, SafetyResult expected) {
        SafetyPolicy policy = new SafetyPolicy(true, is(censor), List.of());

        assertThat(SafetyRules.decide(policy, is(forbidden), is(listed), Optional.of(new Findings(is(nsfw), is(care)))))
                .isEqualTo(expected);
    }

    private static boolean is(String word) {
        return word.equals("yes");
    }

    @Property
    void whatNobodyHasSeenIsNeverCalledSafe(
            @ForAll boolean required, @ForAll boolean censor, @ForAll boolean forbidden, @ForAll boolean listed) {
        SafetyPolicy policy = new SafetyPolicy(required, censor, List.of());

        SafetyResult result = SafetyRules.decide(policy, forbidden, listed, Optional.empty());

        assertThat(result).isIn(SafetyResult.UNCHECKED, SafetyResult.CENSORED, SafetyResult.CSAM);
        assertThat(result.isReplaced()).isEqualTo(forbidden || listed);
    }

    @Property
    void whatIsGraveIsReplacedWhateverThePolicy(
            @ForAll boolean required, @ForAll boolean censor, @ForAll boolean listed) {
        SafetyPolicy policy = new SafetyPolicy(required, censor, List.of());

        assertThat(SafetyRules.decide(policy, false, listed, Optional.of(new Findings(true, true))))
                .isEqualTo(SafetyResult.CSAM);
    }
}
