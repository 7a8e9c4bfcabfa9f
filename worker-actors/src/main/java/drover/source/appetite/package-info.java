/**
 * When a worker of the AI Horde asks for jobs, and for which. The Horde source tells
 * {@link drover.source.appetite.Appetite} what it holds and what came of its jobs, and gets a decision; the simulator plays
 * it on virtual time. Plain code: time and randomness come in, decisions go out.
 */
@NullMarked
package drover.source.appetite;

import org.jspecify.annotations.NullMarked;
