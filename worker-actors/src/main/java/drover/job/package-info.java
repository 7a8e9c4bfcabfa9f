/**
 * The life of a job as plain data: its states and the one table of allowed transitions, the events that move it, and
 * the fold that turns events into a {@link drover.job.Job}. Ledger, board, HTTP and dashboard all use these types;
 * nothing here does I/O or knows an actor.
 */
@NullMarked
package drover.job;

import org.jspecify.annotations.NullMarked;
