package drover.inference;

/** What became of a finished picture's safety check. */
public enum SafetyResult {
    /** Nobody has looked at it. */
    UNCHECKED(""),
    /** Nothing was found. */
    SAFE(""),
    /** It is not safe for work, and is delivered as it is. */
    NSFW(""),
    /** It was not to be delivered; a placeholder stands in for it. */
    CENSORED("censored: not safe for work"),
    /** It falls under the policy on minors; a placeholder stands in for it. */
    CSAM("withheld: prohibited content");

    private final String notice;

    SafetyResult(String notice) {
        this.notice = notice;
    }

    /** Whether a placeholder stands in for the picture. */
    public boolean isReplaced() {
        return !notice.isEmpty();
    }

    /** What the placeholder says. */
    String notice() {
        return notice;
    }
}
