package drover.ledger;

import drover.inference.JobId;
import java.io.IOException;

/** Removes what a job has left in the asset store. Safe for use by many threads. */
public interface ResultRemoval {
    /**
     * Removes every result of every attempt of the job. Does nothing if there are none.
     *
     * @throws IOException if one is there and could not be removed, or if that cannot be told
     */
    void removeAll(JobId job) throws IOException;
}
