package drover.client;

import java.util.List;
import java.util.Optional;

/**
 * The answer of {@code GET /v1/jobs}, newest first.
 *
 * @param before give it back as {@code before} to get the next page; absent on the last one
 */
public record JobPage(List<JobView> jobs, Optional<String> before) {
    public JobPage {
        jobs = List.copyOf(jobs);
    }
}
