package drover.simulation;

/** Something that must never happen has happened. */
final class Violation extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String rule;

    /**
     * A broken rule.
     *
     * @param rule which one, in a few words; two violations of one rule are the same kind of failure
     * @param detail what was seen
     */
    Violation(String rule, String detail) {
        super(rule + ": " + detail);
        this.rule = rule;
    }

    /** Which rule was broken. */
    String rule() {
        return rule;
    }
}
