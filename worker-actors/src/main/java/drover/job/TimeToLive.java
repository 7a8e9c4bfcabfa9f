package drover.job;

/**
 * How long the AI Horde's server waits for a picture: {@code 30 + steps × 2 × (w×h / 512²)} seconds, at least 150. For
 * jobs of the Horde it says what the server will do; jobs without a deadline of their own get the same.
 */
public final class TimeToLive {
    /** Seconds of any job, at least. */
    public static final double LEAST_SECONDS = 150;

    /** Seconds of a job without work. */
    public static final double BASE_SECONDS = 30;

    /** Seconds for each step of {@link #REFERENCE_PIXELS}. */
    public static final double SECONDS_PER_STEP = 2;

    /** Pixels that steps are counted by. */
    public static final double REFERENCE_PIXELS = 512.0 * 512.0;

    private TimeToLive() {}

    /**
     * In seconds.
     *
     * @param pixelSteps width × height × steps
     * @param times what kinds of work that take longer get, before the least is taken: 2 with ControlNet, say; else 1
     */
    public static double seconds(double pixelSteps, double times) {
        return Math.max(LEAST_SECONDS, (BASE_SECONDS + SECONDS_PER_STEP * pixelSteps / REFERENCE_PIXELS) * times);
    }
}
