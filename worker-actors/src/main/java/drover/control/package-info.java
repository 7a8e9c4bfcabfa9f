/**
 * The control process: one on each host. {@link drover.control.Drover} builds the actor tree in one readable place, the
 * {@link drover.control.Dispatch} holds what there is once in the cluster, {@link drover.control.ControlProcess} opens
 * what the tree stands on (database, asset store, ports) and takes it down again in order. The command line starts it;
 * nothing else knows it.
 */
@NullMarked
package drover.control;

import org.jspecify.annotations.NullMarked;
