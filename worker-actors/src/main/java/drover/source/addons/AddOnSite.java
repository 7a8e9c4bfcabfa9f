package drover.source.addons;

import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
import java.util.function.IntConsumer;

/** Where add-ons come from. What it is asked for never fails: it tells what went wrong. */
interface AddOnSite {
    /** What came of a question. */
    sealed interface Found {
        /** This is meant. */
        record Here(AddOnVersion version) implements Found {}

        /** Nothing is to be had under the name. */
        record Not(AddOnProblem problem, String message) implements Found {}
    }

    /** What came of a download. */
    sealed interface Fetched {
        /** It is on disk, checked. */
        record Here(long bytes, String sha256) implements Fetched {}

        /** It is not. */
        record Not(AddOnProblem problem, String message) implements Fetched {}
    }

    /**
     * Finds out what is meant by a name.
     *
     * @param until when the answer is of no use any more
     */
    CompletionStage<Found> find(AddOnName name, AddOnSettings settings, Instant until);

    /**
     * Downloads a file.
     *
     * @param until when it is given up
     * @param steps hears how far it is, from 1 to 20
     */
    CompletionStage<Fetched> fetch(
            AddOnVersion version, Path target, AddOnSettings settings, Instant until, IntConsumer steps);
}
