package drover.horde;

import java.util.Optional;

/** How an upload ended. Only what is {@link Stored} may be submitted as {@code R2}. */
public sealed interface UploadOutcome {
    /**
     * It is there.
     *
     * @param etag what the store calls it
     */
    record Stored(Optional<String> etag) implements UploadOutcome {
        /** What a submit calls a picture that is in the store. */
        String name() {
            return "R2";
        }

        String shown() {
            return etag.map(tag -> " as " + tag).orElse("");
        }
    }

    /**
     * The store will never take it.
     *
     * @param why what it said
     */
    record Refused(String why) implements UploadOutcome {}

    /**
     * The address's own time is over.
     *
     * @param why what the store said
     */
    record Expired(String why) implements UploadOutcome {}

    /**
     * The job's time is over, and the store never took it.
     *
     * @param last what the last try said
     */
    record OutOfTime(String last) implements UploadOutcome {}
}
