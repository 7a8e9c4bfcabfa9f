package drover.feed;

/**
 * How much the feed remembers.
 *
 * @param newsPerJob how many pieces of news are kept of each job for followers that come back, 8 to 10,000
 * @param endedJobs how many jobs that have ended are kept, the oldest go first, 0 to 1,000,000
 */
public record FeedSettings(int newsPerJob, int endedJobs) {
    public static final FeedSettings DEFAULTS = new FeedSettings(128, 1_000);

    public FeedSettings {
        require(newsPerJob >= 8 && newsPerJob <= 10_000, "news-per-job", "8 to 10000", newsPerJob);
        require(endedJobs >= 0 && endedJobs <= 1_000_000, "ended-jobs", "0 to 1000000", endedJobs);
    }

    private static void require(boolean holds, String key, String expected, int found) {
        if (!holds) {
            throw new IllegalArgumentException("feed " + key + " must be " + expected + ", but was " + found);
        }
    }
}
