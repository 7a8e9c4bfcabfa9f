package drover.horde;

import org.apache.pekko.util.ByteString;

/** How a download ended. */
public sealed interface DownloadOutcome {
    /**
     * It is here.
     *
     * @param bytes all of it
     * @param contentType what the sender says it is
     */
    record Fetched(ByteString bytes, String contentType) implements DownloadOutcome {
        @Override
        public String toString() {
            return "Fetched[" + bytes.size() + " bytes, " + contentType + "]";
        }
    }

    /**
     * It is not.
     *
     * @param reason in a word
     * @param message what happened, and where; without the address's query
     */
    record NotFetched(Reason reason, String message) implements DownloadOutcome {}

    /** Why not. */
    enum Reason {
        /** Not an address that is fetched from. */
        BAD_ADDRESS,
        /** On this machine, or in its network. */
        FORBIDDEN_ADDRESS,
        /** Larger than is taken. */
        TOO_LARGE,
        /** Sent from place to place. */
        TOO_MANY_REDIRECTS,
        /** The other side says no, and will say so again. */
        REFUSED,
        /** The other side cannot be reached, or breaks off; every try was used, or the time is over. */
        UNREACHABLE
    }
}
