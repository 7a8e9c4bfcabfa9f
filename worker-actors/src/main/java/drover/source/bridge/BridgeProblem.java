package drover.source.bridge;

import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Something about a {@code bridgeData.yaml} that its owner should know. Never holds a secret.
 *
 * @param severity what follows from it
 * @param where {@code FILE:LINE}, or {@code environment variable NAME}
 * @param key the key it is about; empty if it is about the file as a whole
 * @param what what was found
 * @param expected what was expected; empty if that goes without saying
 * @param advice what to do; empty if there is nothing to do
 */
public record BridgeProblem(Severity severity, String where, String key, String what, String expected, String advice) {

    /** What follows from a problem. */
    public enum Severity {
        /** The file is not used. */
        ERROR,
        /** The file is used, but not quite as it is written. */
        WARNING,
        /** The line does nothing. */
        NOTE
    }

    static BridgeProblem error(String where, String key, String what, String expected, String advice) {
        return new BridgeProblem(Severity.ERROR, where, key, what, expected, advice);
    }

    static BridgeProblem warning(String where, String key, String what, String expected, String advice) {
        return new BridgeProblem(Severity.WARNING, where, key, what, expected, advice);
    }

    static BridgeProblem note(String where, String key, String what) {
        return new BridgeProblem(Severity.NOTE, where, key, what, "", "");
    }

    /** One sentence: {@code bridgeData.yaml:7: max_power = 0; expected a whole number from 1 to 512; …}. */
    @Override
    public String toString() {
        String found = key.isEmpty() ? what : key + " " + what;
        return where + ": "
                + Stream.of(found, expected.isEmpty() ? "" : "expected " + expected, advice)
                        .filter(part -> !part.isEmpty())
                        .collect(Collectors.joining("; "));
    }
}
