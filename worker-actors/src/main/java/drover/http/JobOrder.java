package drover.http;

import drover.inference.ImageRequest;
import drover.job.Priority;
import java.time.Duration;

/**
 * A request that has passed every check, with every default filled in.
 *
 * @param useful how long an answer is of use, counted from acceptance
 */
record JobOrder(ImageRequest request, Priority priority, Duration useful) {}
