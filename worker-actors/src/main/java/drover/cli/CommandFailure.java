package drover.cli;

import org.jspecify.annotations.Nullable;

/** Ends a command with a sentence for the user and an exit code; nobody has to see a stack trace. */
final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    private CommandFailure(int exitCode, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    /** What was asked for cannot be done as it was asked. */
    static CommandFailure usage(String message) {
        return new CommandFailure(Cli.USAGE, message, null);
    }

    /** It was tried and did not work. */
    static CommandFailure failed(String message) {
        return new CommandFailure(Cli.FAILED, message, null);
    }

    /** It was tried and did not work. */
    static CommandFailure failed(String message, Throwable cause) {
        return new CommandFailure(Cli.FAILED, message, cause);
    }

    int exitCode() {
        return exitCode;
    }
}
