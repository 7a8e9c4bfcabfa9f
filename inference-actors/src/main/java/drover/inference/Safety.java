package drover.inference;

import drover.picture.Picture;

/**
 * Says what becomes of pictures before they are stored. Called by runner threads, several at once; may block for as long
 * as a look at a picture takes.
 */
public interface Safety {
    /** Whether a picture of this prompt is not even to be made, because it would fall under the policy on minors. */
    boolean forbids(String prompt);

    /**
     * Looks at one picture.
     *
     * @param prompt what it was made from
     * @return what becomes of it
     * @throws EngineException.SafetyUnavailable if the policy wants it looked at and nobody here can
     * @throws EngineException.SafetyFailed if it could not be looked at, though somebody should have been able to
     * @throws EngineException.Cancelled if the thread was interrupted
     */
    SafetyResult judge(String prompt, SafetyPolicy policy, Picture picture) throws EngineException;

    /** Where nothing looks at pictures. */
    static Safety none() {
        return new Safety() {
            @Override
            public boolean forbids(String prompt) {
                return false;
            }

            @Override
            public SafetyResult judge(String prompt, SafetyPolicy policy, Picture picture) throws EngineException {
                throw new EngineException.SafetyUnavailable("nothing here looks at pictures");
            }
        };
    }
}
