package drover.node;

import java.util.concurrent.CompletionStage;

/** The operating system's handle on one node's process. No method blocks. */
public interface NodeProcess {
    /** The process id. */
    long pid();

    /** Completed with the exit code when the process has ended: 128 + n if signal n ended it. */
    CompletionStage<Integer> onExit();

    /** Closes the process's standard input: it ends by itself, if it still can. */
    void dismiss();

    /** Ends the process at once, whatever it is doing, also if it is stopped. */
    void kill();
}
