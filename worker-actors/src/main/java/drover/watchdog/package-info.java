/**
 * Notices attempts and nodes that no longer get anywhere, and says what is to be done about them. Actors of the node and
 * of the control process tell a {@link drover.watchdog.Watchdog} what they run and how far it has come; {@link
 * drover.watchdog.Verdict}s come back to them and go out on the event stream. The rules themselves ({@link
 * drover.watchdog.WatchList}, {@link drover.watchdog.Ladder}, {@link drover.watchdog.Quarantine}, {@link
 * drover.watchdog.ModelRules}) are plain classes without clocks or threads, so that a simulator runs the very same
 * code on virtual time.
 */
@NullMarked
package drover.watchdog;

import org.jspecify.annotations.NullMarked;
