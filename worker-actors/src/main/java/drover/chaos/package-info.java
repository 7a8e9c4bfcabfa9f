/**
 * Chaos: a real cluster of real processes, callers who keep it busy, faults that come by a schedule, and the books that
 * are checked in the end.
 */
@NullMarked
package drover.chaos;

import org.jspecify.annotations.NullMarked;
