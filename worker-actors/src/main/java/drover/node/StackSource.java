package drover.node;

import drover.watchdog.Incident;

/** Takes the stack of one thread of another process. */
@FunctionalInterface
public interface StackSource {
    /** The stack of the thread with this name, or why there is none. May block for some seconds. */
    Incident.Stack take(long pid, String thread);
}
