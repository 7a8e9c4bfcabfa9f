/**
 * Measures what networks cost on this machine: a step of a UNet, loading, and a whole picture with its memory. Called by
 * {@code drover bench} only; models come in as random weights that are written to disk and removed again, or from the
 * catalogue, and figures go out as records.
 */
@NullMarked
package drover.speed;

import org.jspecify.annotations.NullMarked;
