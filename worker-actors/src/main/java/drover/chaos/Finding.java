package drover.chaos;

/**
 * An entry of the books that is not as it must be.
 *
 * @param what a sentence for a person
 */
record Finding(Kind kind, String what) {
    /** Which of the promises was broken. */
    enum Kind {
        /** A job that was accepted has not come to an end, or is gone, or its result is. */
        LOST,
        /** A job has more than one end, or an order more than one job, or a job more than one attempt at a time. */
        DOUBLED,
        /** A process, a file or a port that outlived its owner. */
        ORPHANED,
        /** A younger job went before an older one. */
        DISORDER,
        /** A caller was told what is not so. */
        MISTOLD,
        /** A host did not do what it was told in time. */
        STUCK
    }
}
