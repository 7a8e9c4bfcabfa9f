package drover.inference;

import java.util.List;

/**
 * What whoever ordered a picture wants to have looked after before it leaves the node. Whatever else it says: a picture
 * whose check fails is not delivered, and what concerns minors is always replaced.
 *
 * @param required whether a picture that nobody could look at is withheld; else it is delivered as {@link
 *     SafetyResult#UNCHECKED}
 * @param censorNsfw whether a picture that is not safe for work is replaced; else it is delivered and marked
 * @param censorlist a picture whose prompt has one of these words or phrases in it is replaced; case does not matter
 */
public record SafetyPolicy(boolean required, boolean censorNsfw, List<String> censorlist) {
    /** Look if that is possible, and say what was seen. */
    public static final SafetyPolicy MARK = new SafetyPolicy(false, false, List.of());

    /** Look in any case, and replace what is not safe for work. */
    public static final SafetyPolicy CENSOR = new SafetyPolicy(true, true, List.of());

    public SafetyPolicy {
        censorlist = List.copyOf(censorlist);
    }
}
