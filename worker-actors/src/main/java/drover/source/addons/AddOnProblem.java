package drover.source.addons;

/** Why an add-on is not to be had. */
public enum AddOnProblem {
    /** The name can be nobody's: a version has a number. */
    NO_NAME(true),
    /** Its site knows no such add-on, or does not give it to this account or this part of the world. */
    REFUSED(true),
    /** It is not a safetensors file. */
    NOT_SAFETENSORS(true),
    /** Larger than is taken. */
    TOO_LARGE(true),
    /** Not the file that its site describes. */
    WRONG_CONTENT(true),
    /** It is not safe for work, and the worker is. */
    NSFW(true),
    /** All that is kept is in use, or the disk is full. */
    NO_ROOM(false),
    /** Its site does not answer, or breaks off. */
    UNREACHABLE(false),
    /** It is still on its way. */
    TOO_LATE(false);

    private final boolean lasting;

    AddOnProblem(boolean lasting) {
        this.lasting = lasting;
    }

    /** Whether the same would be found out again soon. */
    public boolean isLasting() {
        return lasting;
    }
}
