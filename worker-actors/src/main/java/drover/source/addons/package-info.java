/**
 * Add-ons that jobs of the Horde ask for, which are LoRAs and textual inversions: found at CivitAI, downloaded beside
 * running work, kept on disk as long as there is room. {@link drover.source.addons.AddOnStore} is asked by whoever
 * prepares a job, before the job needs a GPU, and answers with a path or with why there is none; what to do is decided by
 * {@link drover.source.addons.AddOnShelf}, which knows neither network nor disk.
 */
@NullMarked
package drover.source.addons;

import org.jspecify.annotations.NullMarked;
