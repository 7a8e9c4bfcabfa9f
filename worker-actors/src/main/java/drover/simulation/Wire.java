package drover.simulation;

/** How the way to and from one process is doing. */
final class Wire {
    private long badUntil;
    private long delay;
    private double loss;

    /** It is bad from now until then. */
    void spoil(long until, long longerBy, double lost) {
        badUntil = until;
        delay = longerBy;
        loss = lost;
    }

    boolean isBad(long now) {
        return now < badUntil;
    }

    /** How much longer a word takes at most, nanoseconds. */
    long delay() {
        return delay;
    }

    /** How likely it is that a word is lost, or comes twice. */
    double loss() {
        return loss;
    }
}
