/**
 * Image jobs of the AI Horde, from the pop to the last submit. {@link drover.source.dreamer.HordeSource} lives beside the
 * board and starts a {@code Dreamer} for each {@code bridgeData.yaml}; that one pops, and gives each job to a
 * {@code DreamerOrder}, which puts it into the order book, makes a job of the ledger of it, and answers the Horde for
 * each of its pictures, whatever becomes of the job.
 */
@NullMarked
package drover.source.dreamer;

import org.jspecify.annotations.NullMarked;
