package drover.client;

/** What {@code GET /v1/jobs/{id}/events} tells. */
public sealed interface EventView {
    /** Names the event. */
    String id();

    /** The job has changed its state; the last event of a stream is one of these. */
    record State(String id, JobView job) implements EventView {}

    /** The job has advanced. */
    record Progress(String id, ProgressView progress) implements EventView {}
}
