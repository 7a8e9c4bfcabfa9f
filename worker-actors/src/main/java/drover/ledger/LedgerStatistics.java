package drover.ledger;

import drover.inference.CborSerializable;
import java.time.Duration;

/**
 * How the ledger is doing since it was opened.
 *
 * @param writable whether the last commit went well, or none was needed
 * @param unfinished jobs on disk that have not come to their end
 * @param pending events that wait for a commit
 * @param commits transactions written
 * @param events events written
 * @param last how long the last transaction took, from its first statement until it was forced to disk
 * @param p50 half of all transactions took at most this long
 * @param p99 of a hundred transactions, 99 took at most this long
 * @param max the longest
 */
public record LedgerStatistics(
        boolean writable,
        int unfinished,
        int pending,
        long commits,
        long events,
        Duration last,
        Duration p50,
        Duration p99,
        Duration max)
        implements CborSerializable {}
