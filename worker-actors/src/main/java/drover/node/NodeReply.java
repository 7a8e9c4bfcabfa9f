package drover.node;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import drover.inference.CborSerializable;
import java.time.Duration;
import java.util.List;

/** Answers to what an operator asks of a node. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = NodeReply.Done.class, name = "done"),
    @JsonSubTypes.Type(value = NodeReply.UnknownNode.class, name = "unknown-node"),
    @JsonSubTypes.Type(value = NodeReply.Refused.class, name = "refused"),
    @JsonSubTypes.Type(value = NodeReply.Unavailable.class, name = "unavailable")
})
public sealed interface NodeReply extends CborSerializable {
    /** It has been set going; the status tells how far it is. */
    record Done(NodeStatus status) implements NodeReply {}

    /** There is no such node. */
    record UnknownNode(String node, List<String> known) implements NodeReply {
        public UnknownNode {
            known = List.copyOf(known);
        }
    }

    /**
     * As the node is, it cannot be done.
     *
     * @param reason goes on after the node's name: {@code is QUARANTINED}
     */
    record Refused(String node, String reason) implements NodeReply {}

    /** Not now; try again later. */
    record Unavailable(String node, String reason, Duration retryAfter) implements NodeReply {}
}
