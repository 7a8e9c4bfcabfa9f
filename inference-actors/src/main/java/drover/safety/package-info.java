/**
 * Judges pictures before they leave. The golden runner calls it; pictures come in as pixels, a verdict goes out. The
 * checker's model is a folder as diffusers keeps it.
 */
@NullMarked
package drover.safety;

import org.jspecify.annotations.NullMarked;
