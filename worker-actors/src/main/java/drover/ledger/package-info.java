/**
 * What is on disk. {@link drover.ledger.JobLedger} is the only writer of the job database and groups what has gathered
 * into one transaction; statements never run on an actor's dispatcher thread. Events come in from the HTTP side, the
 * board and the delivery; jobs go out to the board on attachment and to readers.
 */
@NullMarked
package drover.ledger;

import org.jspecify.annotations.NullMarked;
