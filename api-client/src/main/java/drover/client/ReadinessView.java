package drover.client;

import java.util.Map;
import java.util.TreeMap;

/**
 * Whether a Drover is fit for work.
 *
 * @param healthy whether every check passed
 * @param checks check to {@code ok} or what is wrong
 */
public record ReadinessView(boolean healthy, Map<String, String> checks) {
    public ReadinessView {
        checks = new TreeMap<>(checks);
    }
}
