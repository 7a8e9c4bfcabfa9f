/**
 * Who gets which job next. {@link drover.board.JobBoard} is the only place that hands out attempts and the only one that
 * decides what follows when an attempt ends; idle slots ask it, keepers report to it, and it records every decision in
 * the ledger. The rules live in plain classes that the actor calls.
 */
@NullMarked
package drover.board;

import org.jspecify.annotations.NullMarked;
