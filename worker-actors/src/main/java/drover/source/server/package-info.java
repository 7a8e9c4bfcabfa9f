/**
 * A Horde of one's own on loopback, for {@code drover horde serve}, for measuring and for tests: it speaks the AI Horde's
 * protocol as the real software was recorded to, with its sweep and its rule of dropped jobs, can be made to misbehave, and
 * keeps book of what workers do. Data comes in by HTTP; nothing is written to disk. Nothing of the runtime depends on it.
 */
@NullMarked
package drover.source.server;

import org.jspecify.annotations.NullMarked;
