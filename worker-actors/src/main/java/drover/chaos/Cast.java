package drover.chaos;

import java.util.stream.IntStream;

/**
 * The hosts of a run by number: first those with a public API, then those that only have nodes.
 *
 * @param controls hosts with a public API, at least 1
 * @param gpus hosts that only have nodes, at least 1
 */
record Cast(int controls, int gpus) {
    int size() {
        return controls + gpus;
    }

    boolean isControl(int host) {
        return host < controls;
    }

    /** What reports call it. */
    String name(int host) {
        return isControl(host) ? "control" + (host + 1) : "gpu" + (host - controls + 1);
    }

    IntStream all() {
        return IntStream.range(0, size());
    }
}
