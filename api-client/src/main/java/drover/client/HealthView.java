package drover.client;

/**
 * The answer of {@code GET /health}.
 *
 * @param status {@code ok} or {@code unavailable}
 * @param unfinished jobs that have not come to their end
 */
public record HealthView(String status, int unfinished) {}
