package drover.watchdog;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import drover.inference.AttemptId;
import drover.inference.CborSerializable;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What is kept about one replacement of an actor or a process, so that a stranger can tell later what happened. Written
 * by the control process, kept in the ledger.
 *
 * @param id unique, for reference in logs and the dashboard
 * @param at when it was noticed
 * @param node the node whose actor or process was replaced
 * @param gpu its GPU, or {@code cpu}
 * @param cause why
 * @param rung how far the ladder was climbed: {@link Rung#RESTART_ACTOR} or {@link Rung#REPLACE_PROCESS}
 * @param memory of the process, shortly before its end
 * @param stack of the stuck thread
 * @param lost every attempt that ended with the actor or process: the one to blame, if any, and bystanders
 * @param followUps what was run again, and where; grows until every lost attempt's job is placed or ended
 */
public record Incident(
        String id,
        Instant at,
        String node,
        String gpu,
        Cause cause,
        Rung rung,
        Memory memory,
        Stack stack,
        List<AttemptId> lost,
        List<FollowUp> followUps)
        implements CborSerializable {
    public Incident {
        lost = List.copyOf(lost);
        followUps = List.copyOf(followUps);
    }

    /** Why something was replaced. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Cause.Stalled.class, name = "stalled"),
        @JsonSubTypes.Type(value = Cause.Silent.class, name = "silent"),
        @JsonSubTypes.Type(value = Cause.Exited.class, name = "exited"),
        @JsonSubTypes.Type(value = Cause.Unusable.class, name = "unusable")
    })
    public sealed interface Cause extends CborSerializable {
        /** An attempt did not advance. */
        record Stalled(Stall stall) implements Cause {}

        /** Nothing was heard of the node. */
        record Silent(NodeSilent silence) implements Cause {}

        /**
         * The process ended by itself, or somebody else ended it.
         *
         * @param exitCode as the operating system gives it: 128 + n for signal n
         */
        record Exited(int exitCode) implements Cause {}

        /**
         * The process runs but is of no use any more, or never became ready.
         *
         * @param code a stable name, such as {@code drover:engine.out-of-memory}
         * @param detail one sentence
         */
        record Unusable(String code, String detail) implements Cause {}
    }

    /**
     * Memory in bytes; empty is "not known", never "none".
     *
     * @param resident of the whole process, as the operating system counts it
     * @param heap used in the Java heap
     * @param device used on the GPU
     */
    public record Memory(OptionalLong resident, OptionalLong heap, OptionalLong device) implements CborSerializable {
        /** Nothing is known. */
        public static final Memory UNKNOWN =
                new Memory(OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty());
    }

    /** The stack of the stuck thread, or why there is none. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Stack.Taken.class, name = "taken"),
        @JsonSubTypes.Type(value = Stack.NotTaken.class, name = "not-taken")
    })
    public sealed interface Stack extends CborSerializable {
        /**
         * A stack as the JVM prints it.
         *
         * @param thread its name
         * @param lines one frame each, the innermost first
         */
        record Taken(String thread, List<String> lines) implements Stack {
            public Taken {
                lines = List.copyOf(lines);
            }
        }

        /** There is none, for this reason. */
        record NotTaken(String reason) implements Stack {}
    }

    /**
     * What became of a lost attempt's job.
     *
     * @param lost the attempt that was lost
     * @param next the attempt that took its place
     * @param node where that one runs
     */
    public record FollowUp(AttemptId lost, AttemptId next, String node) implements CborSerializable {}

    /** This incident with one more job placed. */
    public Incident with(FollowUp followUp) {
        return new Incident(
                id,
                at,
                node,
                gpu,
                cause,
                rung,
                memory,
                stack,
                lost,
                Stream.concat(followUps.stream(), Stream.of(followUp)).toList());
    }

    /** The whole story in one paragraph, for somebody who was not there. */
    public String explain() {
        return Stream.of(explainCause(), explainAction(), explainMemory(), explainStack(), explainFollowUps())
                .filter(sentence -> !sentence.isEmpty())
                .collect(Collectors.joining(" "));
    }

    private String explainCause() {
        return switch (cause) {
            case Cause.Stalled(Stall s) -> stalled(s);
            case Cause.Silent(NodeSilent s) ->
                "At %s nothing at all had been heard of node %s (GPU %s) for %s, where %s are allowed."
                        .formatted(at, node, gpu, PhaseTimeouts.text(s.silence()), PhaseTimeouts.text(s.limit()));
            case Cause.Exited(int code) ->
                "At %s the process of node %s (GPU %s) ended by itself with exit code %d%s."
                        .formatted(at, node, gpu, code, code > 128 ? " (signal " + (code - 128) + ")" : "");
            case Cause.Unusable(String code, String detail) ->
                "At %s the process of node %s (GPU %s) was of no further use (%s): %s"
                        .formatted(at, node, gpu, code, detail);
        };
    }

    private String stalled(Stall s) {
        String signs = s.sinceHeartbeat()
                .map(d -> "The last heartbeat had come " + PhaseTimeouts.text(d) + " before"
                        + (d.compareTo(s.sinceAdvance()) < 0 ? ": alive, but not getting anywhere." : "."))
                .orElse("No heartbeat had come at all.");
        String idle = s.idleReports() == 0
                ? ""
                : " In between it had reported its position %d times without ever getting beyond."
                        .formatted(s.idleReports());
        return ("At %s attempt %d of job %s (model %s) on node %s (GPU %s) stood still: in phase %s at step %d of %d (%d %%), "
                        + "its last advance was %s ago, where %s are allowed (%s). %s%s The %s watchdog noticed.")
                .formatted(
                        at,
                        s.attempt().number(),
                        s.attempt().job(),
                        s.model(),
                        node,
                        gpu,
                        s.position().phase(),
                        s.position().step(),
                        s.position().of(),
                        s.percent(),
                        PhaseTimeouts.text(s.sinceAdvance()),
                        PhaseTimeouts.text(s.limit()),
                        s.origin(),
                        signs,
                        idle,
                        s.watchdog());
    }

    private String explainAction() {
        return switch (rung) {
            case WATCHING, CANCEL -> "The job was cancelled.";
            case RESTART_ACTOR -> "The job was cancelled, its runner came back, and only its actor was restarted.";
            case REPLACE_PROCESS ->
                cause instanceof Cause.Stalled
                        ? "The runner did not come back, so the process was replaced."
                        : "The process was replaced.";
        };
    }

    private String explainMemory() {
        String known = Stream.of(
                        part(memory.resident(), "resident"),
                        part(memory.heap(), "Java heap"),
                        part(memory.device(), "GPU"))
                .filter(p -> !p.isEmpty())
                .collect(Collectors.joining(", "));
        return known.isEmpty() ? "" : "Memory shortly before: " + known + ".";
    }

    private static String part(OptionalLong bytes, String what) {
        return bytes.isEmpty() ? "" : "%d MiB %s".formatted(bytes.getAsLong() >> 20, what);
    }

    private String explainStack() {
        return switch (stack) {
            case Stack.NotTaken(String reason) -> "The stack could not be taken: " + reason + ".";
            case Stack.Taken(String thread, List<String> lines) ->
                lines.isEmpty()
                        ? "Thread " + thread + " had no Java frames."
                        : "Thread " + thread + " was in " + lines.getFirst().strip() + ".";
        };
    }

    private String explainFollowUps() {
        String again = followUps.stream()
                .map(f -> "job %s again as attempt %d on node %s"
                        .formatted(f.next().job(), f.next().number(), f.node()))
                .collect(Collectors.joining("; "));
        long open = lost.stream()
                .filter(a -> followUps.stream().noneMatch(f -> f.lost().equals(a)))
                .count();
        String rest = open == 0 ? "" : " %d lost attempt(s) not run again so far.".formatted(open);
        return (again.isEmpty() ? "" : "Run since: " + again + ".") + rest;
    }
}
