package drover.safety;

import drover.inference.SafetyPolicy;
import drover.inference.SafetyResult;
import drover.safety.PictureChecker.Findings;
import java.util.Optional;

/** What becomes of a picture; the first rule that fits counts. */
final class SafetyRules {
    private SafetyRules() {}

    /**
     * The decision.
     *
     * @param forbidden whether the prompt alone falls under the policy on minors
     * @param listed whether the prompt has a word of the policy's censorlist
     * @param findings what was seen; empty if nobody has looked, which the policy allows
     */
    static SafetyResult decide(SafetyPolicy policy, boolean forbidden, boolean listed, Optional<Findings> findings) {
        boolean nsfw = findings.filter(Findings::nsfw).isPresent();
        if (forbidden || (nsfw && findings.get().specialCare())) {
            return SafetyResult.CSAM;
        }
        if (listed || (nsfw && policy.censorNsfw())) {
            return SafetyResult.CENSORED;
        }
        if (nsfw) {
            return SafetyResult.NSFW;
        }
        return findings.isPresent() ? SafetyResult.SAFE : SafetyResult.UNCHECKED;
    }
}
