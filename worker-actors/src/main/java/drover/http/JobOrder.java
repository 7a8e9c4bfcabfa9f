package drover.http;

import drover.inference.ImageRequest;
import drover.job.Priority;
import java.time.Duration;

/**
 * A request that has passed every check, with every default filled in.
 *
 * @param request without the pictures that it brings along
 * @param pictures those, and what else the picture is made with
 * @param useful how long an answer is of use, counted from acceptance
 */
record JobOrder(ImageRequest request, PictureOrder pictures, Priority priority, Duration useful) {}
