package drover.logging;

import java.util.List;

/** What a line can be about: keys of the MDC, and of a line's own key-value pairs. */
public final class LogKeys {
    /** The node, such as {@code gpu0}. */
    public static final String NODE = "node";
    /** The job's id. */
    public static final String JOB = "job";
    /** The attempt's number. */
    public static final String ATTEMPT = "attempt";

    static final List<String> ALL = List.of(NODE, JOB, ATTEMPT);

    private LogKeys() {}
}
