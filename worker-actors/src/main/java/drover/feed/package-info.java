/**
 * What happens to jobs, for whoever follows one. {@link drover.feed.JobFeed} hears of every change that is on disk and of
 * every advance, remembers a bounded stretch of it, and tells followers; the board and the delivery speak to it, the HTTP
 * side listens.
 */
@NullMarked
package drover.feed;

import org.jspecify.annotations.NullMarked;
