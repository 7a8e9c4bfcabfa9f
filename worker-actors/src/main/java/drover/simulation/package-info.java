/**
 * The seeded simulator: the rules that the actors live by (ledger, board, delivery, keepers, nodes, watchdogs), played in
 * one thread on virtual time, with simulated processes, runner threads, disks, links, callers and an AI Horde around
 * them. One long number says all that happens in a run; after it the books are checked. {@code ./drover simulate} and the
 * tests call {@link drover.simulation.Search}; nothing here is part of a running Drover.
 */
@NullMarked
package drover.simulation;

import org.jspecify.annotations.NullMarked;
