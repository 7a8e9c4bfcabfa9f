package drover.job;

/** How urgent a job is, least urgent first. */
public enum Priority {
    LOW,
    NORMAL,
    HIGH,
    URGENT
}
