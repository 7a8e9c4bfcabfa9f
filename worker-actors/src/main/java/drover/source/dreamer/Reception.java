package drover.source.dreamer;

import drover.horde.ImageJob;
import drover.horde.ImagePopAnswer;
import drover.horde.Texts;
import java.util.Collection;
import java.util.List;

/**
 * What becomes of what a pop has brought. A server may be busy, degenerate or another one than it says; for each id that it
 * gives out it waits for an answer all the same.
 */
sealed interface Reception {
    /** There is no job. */
    record Nothing() implements Reception {}

    /** A job that can be worked on. */
    record Take(ImageJob job) implements Reception {}

    /**
     * A job that nothing can come of: each of these is faulted at once.
     *
     * @param ids of its pictures, but for those that are in hand, which get their answer from there
     * @param why for the server and the operator
     */
    record Refuse(List<String> ids, String why) implements Reception {
        public Refuse {
            ids = List.copyOf(ids);
        }
    }

    /**
     * Looks at what came.
     *
     * @param offered the models of this very pop
     * @param known the ids that came before
     */
    static Reception of(ImagePopAnswer answer, Collection<String> offered, KnownIds known) {
        return switch (answer.job()) {
            case ImagePopAnswer.Nothing _ -> new Nothing();
            case ImagePopAnswer.Broken(List<String> ids, String why) -> refuse(ids, why, known);
            case ImagePopAnswer.Job(ImageJob job) -> {
                if (job.ids().stream().anyMatch(known::came)) {
                    yield refuse(job.ids(), "the Horde has handed out a picture of it before", known);
                }
                yield offered.contains(job.model())
                        ? new Take(job)
                        : refuse(job.ids(), "the model " + shown(job.model()) + " was not offered", known);
            }
        };
    }

    private static Reception refuse(List<String> ids, String why, KnownIds known) {
        return new Refuse(ids.stream().filter(id -> !known.isInHand(id)).toList(), why);
    }

    private static String shown(String model) {
        return model.length() > 100 ? Texts.cut(model, 100) + "…" : model;
    }
}
