package drover.board;

import drover.inference.CborSerializable;

/**
 * Some jobs and their work.
 *
 * @param jobs how many
 * @param work in pixel-steps; see {@link drover.job.Work}
 */
public record WorkAmount(long jobs, long work) implements CborSerializable {
    /** Nothing. */
    static final WorkAmount NOTHING = new WorkAmount(0, 0);

    WorkAmount plus(long moreJobs, long moreWork) {
        return new WorkAmount(jobs + moreJobs, work + moreWork);
    }
}
