package drover.source.skills;

/** Whether something is offered to the Horde that has many forms, none of which a worker can name when it offers. */
public enum Offering {
    /** Never. */
    OFF,
    /** Only while each form is there that may be asked for. */
    ALL,
    /** As soon as one form is there; jobs that ask for another are faulted at once. */
    SOME
}
