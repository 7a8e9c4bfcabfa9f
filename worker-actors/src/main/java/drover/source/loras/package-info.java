/**
 * LoRAs and textual inversions that jobs of the Horde ask for: found at CivitAI, downloaded beside running work, kept on disk as long as
 * there is room. {@link drover.source.loras.LoraStore} is asked by whoever prepares a job, before the job needs a GPU, and
 * answers with a path or with why there is none; what to do is decided by {@link drover.source.loras.LoraShelf}, which
 * knows neither network nor disk.
 */
@NullMarked
package drover.source.loras;

import org.jspecify.annotations.NullMarked;
