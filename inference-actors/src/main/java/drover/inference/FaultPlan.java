package drover.inference;

/**
 * A fault that the fault engine acts out: what goes wrong, where, and on how many attempts.
 *
 * @param kind what goes wrong
 * @param phase the phase in which it happens
 * @param step after this many finished steps of the phase
 * @param heartbeats whether heartbeats go on during a hang (not possible for {@link Kind#SIGSTOP})
 * @param attempts attempts 1 to this number suffer the fault; later ones run well
 */
public record FaultPlan(Kind kind, Phase phase, int step, boolean heartbeats, int attempts) {
    public FaultPlan {
        if (step < 0 || attempts < 0) {
            throw new IllegalArgumentException(
                    "step and attempts must not be negative, but were " + step + " and " + attempts);
        }
    }

    /** What can go wrong. */
    public enum Kind {
        /** The runner sleeps in Java and ignores interrupts and cancellation. */
        JAVA_SLEEP,
        /** The runner spins in Java and ignores interrupts and cancellation. */
        JAVA_SPIN,
        /** The runner blocks in native code, where nothing in Java can reach it. */
        NATIVE_BLOCK,
        /** The process stops itself with SIGSTOP. */
        SIGSTOP,
        /** The process ends at once, as in a crash. */
        EXIT,
        /** The engine throws. */
        THROW,
        /** Memory is exhausted. */
        OUT_OF_MEMORY,
        /** The runner stalls but honours cancellation: the first rung of the ladder is enough. */
        COOPERATIVE_STALL,
        /** The reported step swings to and fro and never gets beyond. */
        SWING,
        /** Every step still comes, each far slower than the one before, always within its deadline. */
        CRAWL
    }
}
