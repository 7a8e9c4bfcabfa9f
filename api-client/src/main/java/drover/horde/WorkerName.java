package drover.horde;

/** What a worker's name has to be. The server takes empty and blank ones as one worker, and breaks on long ones. */
public final class WorkerName {
    /** Letters, at most; longer ones the server answers with an error of its own. */
    public static final int MAX_LENGTH = 100;

    private WorkerName() {}

    /**
     * The name, if the server can take it.
     *
     * @throws IllegalArgumentException if it cannot
     */
    public static String checked(String name) {
        if (name.isBlank() || name.length() > MAX_LENGTH || name.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a worker's name must have 1 to " + MAX_LENGTH
                    + " letters, not all of them blanks; this one has " + name.length());
        }
        return name;
    }
}
