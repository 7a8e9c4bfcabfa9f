/**
 * The existing AI Horde worker's {@code bridgeData.yaml}, read as it is: the same keys, defaults, bounds and environment
 * variables. The Horde source and the command line call {@link drover.source.bridge.BridgeReader}, and
 * {@link drover.source.bridge.BridgeWatch} while Drover runs. A file and the environment come in; an immutable
 * {@link drover.source.bridge.BridgeData} and a list of problems go out.
 */
@NullMarked
package drover.source.bridge;

import org.jspecify.annotations.NullMarked;
