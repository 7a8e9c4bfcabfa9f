/**
 * One process per GPU: launching, supervising, replacing. In the control process {@link drover.node.NodeSupervisor} keeps
 * a {@link drover.node.NodeKeeper} per GPU, the counterpart of one {@link drover.node.Node} in a process of its own; the
 * guardian {@code drover.control.Drover} creates the supervisor, the management side asks it. Work comes in from the
 * board through the keeper and results leave by the same way; a node hears of nobody but its keeper.
 */
@NullMarked
package drover.node;

import org.jspecify.annotations.NullMarked;
