package drover.chaos;

import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a run did, and what its books say.
 *
 * @param seed replays the schedule
 * @param controls hosts with a public API
 * @param gpus hosts that only have nodes
 * @param seconds how long faults came
 * @param faults how many
 * @param notes what this machine did not allow, and why
 * @param done what went wrong, in order
 * @param jobs how many there are in the ledger
 * @param events how often each thing happened to a job
 * @param troubles how often callers met what
 * @param longestWithoutAcceptance the longest time, in seconds, in which no order was accepted
 * @param hostStarts how often hosts were started in all
 * @param findings what is not as it must be
 * @param books how many findings there are of each kind
 * @param folder where the logs are, if they were kept
 */
public record Report(
        long seed,
        int controls,
        int gpus,
        double seconds,
        int faults,
        List<String> notes,
        List<Done> done,
        long jobs,
        Map<String, Long> events,
        Map<String, Long> troubles,
        double longestWithoutAcceptance,
        int hostStarts,
        List<String> findings,
        Map<String, Long> books,
        String folder) {
    /**
     * Something that was done.
     *
     * @param at seconds since the beginning
     * @param what in words
     */
    public record Done(double at, String what) {
        static Done of(Duration at, String what) {
            return new Done(at.toMillis() / 1000.0, what);
        }

        @Override
        public String toString() {
            return String.format("%8.1f s  %s", at, what);
        }
    }

    /** Whether the books are in order. */
    public boolean isGood() {
        return findings.isEmpty();
    }

    /** Prints it for a person; what was done has been printed on the way. */
    public void print(PrintStream out) {
        out.printf(
                "%d faults in %.0f s on %d control and %d GPU hosts, seed %d; hosts were started %d times%n",
                faults, seconds, controls, gpus, seed, hostStarts);
        out.printf("jobs      %d accepted: %s%n", jobs, counts(events));
        out.printf(
                "callers   longest time without an accepted order %.1f s; met %s%n",
                longestWithoutAcceptance, troubles.isEmpty() ? "no trouble" : counts(troubles));
        notes.forEach(note -> out.println("note      " + note));
        out.printf("books     %s%n", counts(books));
        findings.forEach(finding -> out.println("          " + finding));
        if (!folder.isEmpty()) {
            out.println("logs      " + folder);
        }
    }

    private static String counts(Map<String, Long> counts) {
        return counts.entrySet().stream()
                .map(each -> each.getValue() + " " + each.getKey())
                .collect(Collectors.joining(", "));
    }
}
