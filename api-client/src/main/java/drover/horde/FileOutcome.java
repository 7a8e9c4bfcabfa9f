package drover.horde;

import java.nio.file.Path;

/** How a download into a file ended. */
public sealed interface FileOutcome {
    /**
     * It is here, whole and under its name.
     *
     * @param file where
     * @param bytes how large it is
     * @param sha256 of it, 64 small hexadecimal digits
     */
    record Saved(Path file, long bytes, String sha256) implements FileOutcome {}

    /**
     * It is not.
     *
     * @param reason in a word
     * @param message what happened, and where; without the address's query
     */
    record NotSaved(Reason reason, String message) implements FileOutcome {}

    /** Why not. */
    enum Reason {
        /** Not an address that is fetched from, or too many redirects. */
        BAD_ADDRESS(true),
        /** On this machine, or in its network. */
        FORBIDDEN_ADDRESS(true),
        /** There is no such file (404, 410), and a second question got the same answer. */
        MISSING(true),
        /** Not for this account (401, 403). */
        FORBIDDEN(true),
        /** Not for this part of the world (451). */
        BLOCKED(true),
        /** The other side says no for another reason. */
        REFUSED(true),
        /** Larger than is taken. */
        TOO_LARGE(true),
        /** Twice not what was promised. */
        WRONG_CONTENT(true),
        /** The disk would get too full. */
        NO_SPACE(false),
        /** The file cannot be written. */
        NOT_WRITTEN(false),
        /** The other side cannot be reached, or breaks off; every try was used, or the time is over. */
        UNREACHABLE(false);

        private final boolean lasting;

        Reason(boolean lasting) {
            this.lasting = lasting;
        }

        /** Whether the same would happen again soon. */
        public boolean isLasting() {
            return lasting;
        }
    }
}
