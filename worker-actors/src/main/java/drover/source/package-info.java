/**
 * Where jobs come from besides the public API: the AI Horde. The configuration fills
 * {@link drover.source.HordeSettings}; {@link drover.source.HordeCheck} says for the command line what would go wrong. What
 * a worker is set to, what it offers and when it asks are in the packages below.
 */
@NullMarked
package drover.source;

import org.jspecify.annotations.NullMarked;
