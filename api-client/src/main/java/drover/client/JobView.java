package drover.client;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A job as the API shows it.
 *
 * @param id the job
 * @param state {@code queued}, {@code assigned}, {@code running}, {@code produced}, or one of the ends: {@code delivered},
 *     {@code faulted}, {@code cancelled}, {@code expired}, {@code censored}
 * @param tenant whose job it is
 * @param request what will be made, with every default filled in
 * @param acceptedAt when it was taken on
 * @param deadline when an answer is of no more use
 * @param changedAt when its state last changed
 * @param progress how far the running attempt has come
 * @param attempts all attempts, oldest first
 * @param assets the results
 * @param fault why there are none
 */
public record JobView(
        String id,
        String state,
        String tenant,
        JobRequest request,
        Instant acceptedAt,
        Instant deadline,
        Instant changedAt,
        Optional<ProgressView> progress,
        List<AttemptView> attempts,
        List<AssetView> assets,
        Optional<FaultView> fault) {

    public JobView {
        attempts = List.copyOf(attempts);
        assets = List.copyOf(assets);
    }

    /** Whether nothing follows. */
    public boolean ended() {
        return switch (state) {
            case "delivered", "faulted", "cancelled", "expired", "censored" -> true;
            default -> false;
        };
    }

    /**
     * One try.
     *
     * @param number from 1
     * @param node who had it
     * @param outcome how it ended: {@code succeeded}, {@code stalled}, {@code failed}, {@code node_lost}, {@code
     *     too_slow}, {@code handed_back} or {@code result_lost}, or {@code abandoned} with its job; absent while it runs
     * @param reason why, if not well
     */
    public record AttemptView(
            int number,
            String node,
            Optional<String> outcome,
            Optional<String> reason,
            Instant assignedAt,
            Optional<Instant> startedAt,
            Optional<Instant> endedAt) {}

    /**
     * One result.
     *
     * @param url where to fetch it, relative to the server
     * @param mediaType such as {@code image/png}
     * @param bytes length
     * @param sha256 hash, 64 lower-case hex digits
     * @param seed the seed that made it
     * @param safety what its safety check came to: {@code unchecked}, {@code safe}, {@code nsfw}, or {@code censored} or
     *     {@code csam}, for which a placeholder stands in for the picture
     */
    public record AssetView(String url, String mediaType, long bytes, String sha256, long seed, String safety) {}

    /**
     * Why a job was given up.
     *
     * @param code a stable name
     * @param detail for a person
     */
    public record FaultView(String code, String detail) {}
}
