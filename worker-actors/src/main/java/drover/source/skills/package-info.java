/**
 * What of that which the Horde calls by names of its own this installation can do: post-processors and ControlNets. The
 * names are matched with files in the operator's folders, whose headers are read; {@code drover.source.dreamer} goes by
 * the result when it pops and when it prepares a job, and {@code drover horde check} says what is missing.
 */
@NullMarked
package drover.source.skills;

import org.jspecify.annotations.NullMarked;
