package drover.inference;

/**
 * One try at one job. Numbers start at 1 and only grow; what an older attempt still sends is ignored.
 *
 * @param job the job
 * @param number which try this is, from 1
 */
public record AttemptId(JobId job, int number) {
    public AttemptId {
        if (number < 1) {
            throw new IllegalArgumentException("attempt numbers start at 1, but was " + number);
        }
    }

    /** The try after this one. */
    public AttemptId next() {
        return new AttemptId(job, number + 1);
    }

    @Override
    public String toString() {
        return job + "#" + number;
    }
}
