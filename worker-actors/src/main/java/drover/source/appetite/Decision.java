package drover.source.appetite;

import java.time.Instant;
import java.util.List;

/** What a worker does next. */
public sealed interface Decision {
    /**
     * Ask for jobs now.
     *
     * @param models what to offer, at least one
     * @param maxPixels of the largest picture
     * @param amount pictures of one job
     * @param enlarging whether there is time to enlarge what is painted, too
     * @param keepAlive whether it is only to stay online: no job is wanted, and the offer is as small as can be
     */
    record Pop(List<String> models, int maxPixels, int amount, boolean enlarging, boolean keepAlive)
            implements Decision {
        public Pop {
            models = List.copyOf(models);
        }
    }

    /**
     * Ask again later, or when what the worker holds has changed.
     *
     * @param until when at the latest; {@link Instant#MAX} if only the operator can help
     * @param why for a person
     */
    record Wait(Instant until, Why why) implements Decision {}

    /** End the worker: failures in a row, and the operator wants it to end then. */
    record End() implements Decision {}

    /** Why no job is asked for. */
    enum Why {
        PACE("the last answer was a moment ago"),
        FULL("as many jobs are in hand as the worker may hold"),
        BEHIND("what is in hand has to get less, or a new job would come too late"),
        NO_MODEL("no model is ready to be offered"),
        NO_MEMORY("no model would fit into the memory that is left"),
        TOO_SLOW("no model is fast enough here to end a job in the time that the server gives"),
        NO_SAFETY("pictures cannot be checked, so none may be drawn"),
        PAUSED("too many jobs failed in a row"),
        SPARING("so many jobs failed within an hour that more would bring the worker into maintenance"),
        MAINTENANCE("the server has the worker in maintenance"),
        TROUBLE("the server could not be asked"),
        NOT_ACCEPTED("the server does not accept what the configuration says"),
        REFUSED("the server refuses this worker; see what it said");

        private final String sentence;

        Why(String sentence) {
            this.sentence = sentence;
        }

        /** As a clause for a person. */
        public String sentence() {
            return sentence;
        }
    }
}
