package drover.horde;

import java.util.function.IntConsumer;

/**
 * Tells how far something with a size has come, in exactly {@value #STEPS} steps: each number from 1 to {@value #STEPS}
 * once and in order, whatever the size, how it comes in, or how often it begins anew. Where the size is not known the
 * largest that is taken stands for it. One comparison for each call that is no step. Not safe for use by several threads.
 */
public final class ProgressSteps {
    /** How many. */
    public static final int STEPS = 20;

    private final IntConsumer listener;
    private long total;
    private int told;
    private long next;

    /**
     * Nothing has come.
     *
     * @param mostBytes the largest size that is taken, above 0
     * @param listener hears each step
     */
    public ProgressSteps(long mostBytes, IntConsumer listener) {
        this.listener = listener;
        expect(mostBytes);
    }

    /** The size is known now, or is another one. */
    public void expect(long totalBytes) {
        total = Math.max(1, totalBytes);
        plan();
    }

    /** So much is there now; the last step waits for {@link #done}. */
    public void reached(long bytes) {
        while (told < STEPS - 1 && bytes >= next) {
            tellNext();
        }
    }

    /** All of it is there, and good. */
    public void done() {
        while (told < STEPS) {
            tellNext();
        }
    }

    /** How many steps have been told. */
    public int told() {
        return told;
    }

    private void tellNext() {
        told++;
        plan();
        listener.accept(told);
    }

    /** At what size the next step is reached, rounded up, without a product that may not fit. */
    private void plan() {
        int step = told + 1;
        next = total / STEPS * step + (total % STEPS * step + STEPS - 1) / STEPS;
    }
}
