package drover.http;

import java.time.Duration;

/**
 * What a single request may ask for.
 *
 * @param maxSteps denoising steps, 1 to 500
 * @param maxPixels width × height of one picture, at least 64 × 64
 * @param maxCount pictures, 1 to 1,000
 * @param maxPromptChars length of each prompt, 1 to 1,000,000
 * @param maxDeadline longest time that a caller may give a job
 */
public record RequestLimits(int maxSteps, long maxPixels, int maxCount, int maxPromptChars, Duration maxDeadline) {
    public static final RequestLimits DEFAULTS = new RequestLimits(150, 2048L * 2048L, 16, 10_000, Duration.ofDays(1));

    public RequestLimits {
        require(maxSteps >= 1 && maxSteps <= 500, "max-steps", "1 to 500", maxSteps);
        require(maxPixels >= 4096 && maxPixels <= 1L << 30, "max-pixels", "4096 to 1073741824", maxPixels);
        require(maxCount >= 1 && maxCount <= 1000, "max-count", "1 to 1000", maxCount);
        require(maxPromptChars >= 1 && maxPromptChars <= 1_000_000, "max-prompt", "1 to 1000000", maxPromptChars);
        require(maxDeadline.isPositive(), "max-deadline", "more than nothing", maxDeadline);
    }

    private static void require(boolean holds, String key, String expected, Object found) {
        if (!holds) {
            throw new IllegalArgumentException("http limits " + key + " must be " + expected + ", but was " + found);
        }
    }
}
