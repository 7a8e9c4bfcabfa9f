package drover.watchdog;

import drover.inference.CborSerializable;
import java.time.Duration;
import java.time.Instant;

/**
 * Nothing at all has been heard of a node for too long, busy or idle. Reported once, then again only after the node has
 * been heard in between. Sent to the owner of the watch and published on the system's event stream.
 *
 * @param node the node
 * @param silence since the last word, or since the watch began
 * @param limit how long it may be silent ({@code node_silence_timeout})
 * @param at when this was noticed, wall-clock time
 */
public record NodeSilent(String node, Duration silence, Duration limit, Instant at) implements CborSerializable {}
