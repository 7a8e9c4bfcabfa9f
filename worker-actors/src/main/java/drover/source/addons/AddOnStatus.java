package drover.source.addons;

import drover.inference.CborSerializable;
import java.util.Map;

/**
 * How a store is doing. The totals count since the process began.
 *
 * @param kind what it keeps: {@code loras} or {@code inversions}
 * @param downloading files that are on their way
 * @param waiting files that wait for that
 * @param downloaded files that have come
 * @param downloadedBytes their sizes
 * @param failed downloads that came to nothing, by the reason, such as {@code unreachable}
 * @param evicted files that have made room for others
 * @param files that are kept
 * @param bytes that those take
 * @param cacheBytes how much may be kept; {@link Long#MAX_VALUE} while that is not known
 */
public record AddOnStatus(
        String kind,
        int downloading,
        int waiting,
        long downloaded,
        long downloadedBytes,
        Map<String, Long> failed,
        long evicted,
        int files,
        long bytes,
        long cacheBytes)
        implements CborSerializable {
    public AddOnStatus {
        failed = Map.copyOf(failed);
    }
}
