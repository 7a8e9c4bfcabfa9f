package drover.job;

/**
 * Why a job was given up.
 *
 * @param code a stable name, such as {@code drover:job.poison}
 * @param detail what happened and what to do, in a sentence for a person
 */
public record Fault(String code, String detail) {}
