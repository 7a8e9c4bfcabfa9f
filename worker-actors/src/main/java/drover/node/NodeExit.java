package drover.node;

/** How a GPU process ends itself. */
@FunctionalInterface
public interface NodeExit {
    /** Ended in good order. */
    int DONE = 0;

    /** What came on standard input is no bootstrap line. */
    int BAD_BOOTSTRAP = 64;

    /** The engine could not be opened, or the node could not be started. */
    int START_FAILED = 70;

    /** The control process is gone. */
    int ORPHANED = 71;

    /** It had asked to be replaced and nobody ended it. */
    int SELF_HALT = 72;

    /** Ends the process with this exit code, at once, whatever its other threads are doing. */
    void exit(int code);

    /** Whether a process with this exit code ended by its own doing, and was not killed or asked to end by others. */
    static boolean isOwnDoing(int code) {
        return code != DONE && code != ORPHANED && code != 137 && code != 143;
    }

    /** What an exit code means, for a person. */
    static String explain(int code) {
        return switch (code) {
            case DONE -> "ended in good order";
            case BAD_BOOTSTRAP -> "got no valid bootstrap line";
            case START_FAILED -> "could not start";
            case ORPHANED -> "lost its control process";
            case SELF_HALT -> "halted itself after asking to be replaced";
            case 3 -> "ran out of memory";
            case 134 -> "crashed in native code (SIGABRT)";
            case 137 -> "was killed (SIGKILL), by somebody or for want of memory";
            case 139 -> "crashed in native code (SIGSEGV)";
            case 143 -> "was asked to end (SIGTERM)";
            default -> code > 128 ? "was ended by signal " + (code - 128) : "ended with exit code " + code;
        };
    }
}
