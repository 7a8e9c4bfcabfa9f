package drover.source.bridge;

import java.util.List;
import java.util.Optional;

/**
 * A key of {@code bridgeData.yaml}.
 *
 * @param name as the file writes it
 * @param aliases other names it goes by: in older files, and in environment variables
 * @param kind what values it takes
 * @param standard its value when nobody sets it
 * @param noEffect why Drover does not need it, as the end of a sentence; empty if it does
 */
record BridgeKey<T>(String name, List<String> aliases, BridgeKind<T> kind, T standard, Optional<String> noEffect) {
    BridgeKey {
        aliases = List.copyOf(aliases);
    }
}
