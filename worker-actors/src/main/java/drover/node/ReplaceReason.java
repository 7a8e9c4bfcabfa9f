package drover.node;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import drover.watchdog.Stall;

/** Why a process has to be replaced. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = ReplaceReason.Stalled.class, name = "stalled"),
    @JsonSubTypes.Type(value = ReplaceReason.Unusable.class, name = "unusable")
})
public sealed interface ReplaceReason {
    /** The runner of this slot does not come back. */
    record Stalled(int slot, Stall stall) implements ReplaceReason {}

    /**
     * A failure has damaged the process: no memory left, a class that cannot be loaded.
     *
     * @param code a stable name, such as {@code drover:engine.out-of-memory}
     */
    record Unusable(String code, String detail) implements ReplaceReason {}
}
