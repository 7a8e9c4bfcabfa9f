package drover.job;

/** An event that cannot happen to a job in its present state. */
public final class IllegalTransitionException extends RuntimeException {
    IllegalTransitionException(Job job, JobEvent event) {
        super("job " + job.id() + " is " + job.state() + ", so it cannot take "
                + event.getClass().getSimpleName());
    }
}
