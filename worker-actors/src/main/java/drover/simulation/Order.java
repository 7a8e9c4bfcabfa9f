package drover.simulation;

import drover.inference.Phase;
import drover.job.Priority;
import java.time.Duration;
import java.util.Optional;

/**
 * One job of a run: who orders it, when and how, and what its attempts are like.
 *
 * @param index which order of the run
 * @param seed for everything about it that is left to chance
 * @param at when its caller first sends it, nanoseconds from the start
 * @param horde whether it comes from the simulated AI Horde rather than from a caller of the API
 * @param steps denoising steps
 * @param step the typical length of a step, nanoseconds; each is up to ten times shorter or longer
 * @param useful how long an answer is of use
 * @param heartbeats whether its runner sends heartbeats
 * @param mishap what goes wrong, if anything does
 * @param cancelAfter how long after its acceptance its caller withdraws it, nanoseconds; negative for never
 * @param answersLost how many answers get lost on their way to the caller, who then sends the order again
 */
record Order(
        int index,
        long seed,
        long at,
        boolean horde,
        String model,
        Priority priority,
        int steps,
        long step,
        Duration useful,
        boolean heartbeats,
        Optional<Mishap> mishap,
        long cancelAfter,
        int answersLost) {

    /**
     * What goes wrong with an order's attempts.
     *
     * @param phase in which it does
     * @param step after this many steps of the phase
     * @param attempts attempts 1 to this number suffer it
     * @param length for what takes a time, nanoseconds
     */
    record Mishap(Kind kind, Phase phase, int step, int attempts, long length) {}

    /** What can go wrong. */
    enum Kind {
        /** The runner's thread never comes back. */
        HANG,
        /** It stands still until it is cancelled. */
        WAIT,
        /** It reports positions to and fro, and never gets beyond. */
        SWING,
        /** It stands still for longer than allowed and then goes on as if nothing had been. */
        LATE,
        /** The engine fails. */
        FAIL,
        /** The engine fails in a way that another try would not mend. */
        REFUSE,
        /** The engine fails and leaves the process unusable. */
        BREAK,
        /** The process ends. */
        CRASH
    }

    /**
     * The longest that a healthy attempt may take, in nanoseconds: three times what is typical, as loading is four
     * steps.
     */
    long longest() {
        return 3 * step * (4 + 3 + steps);
    }

    /** The order without its mishap. */
    Order healthy() {
        return new Order(
                index,
                seed,
                at,
                horde,
                model,
                priority,
                steps,
                step,
                useful,
                heartbeats,
                Optional.empty(),
                cancelAfter,
                answersLost);
    }

    /** In a line, for a person. */
    String text() {
        return "order " + index + " at " + Trouble.seconds(at) + (horde ? " (horde)" : "") + ", " + model + ", "
                + priority + ", " + steps + " steps"
                + mishap.map(m -> ", " + m.kind() + " at " + m.phase() + " " + m.step() + " on attempts 1 to "
                                + m.attempts())
                        .orElse("")
                + (cancelAfter < 0 ? "" : ", cancelled after " + Trouble.seconds(cancelAfter))
                + (answersLost == 0 ? "" : ", " + answersLost + " answers lost");
    }
}
