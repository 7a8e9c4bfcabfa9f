package drover.source.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;

/** What goes wrong on purpose, with which calls. Of several rules that hold, the first one acts. Safe for many threads. */
public final class Faults {
    private final RandomGenerator random;
    private final List<Rule> rules = new ArrayList<>();
    private final Map<Rule, Integer> seen = new HashMap<>();

    /** What a call is for. */
    public enum Target {
        POP,
        SUBMIT,
        PUT,
        GET_OBJECT,
        ORDER,
        OTHER
    }

    /** What goes wrong. */
    public sealed interface Fault {
        /** Whether the server has done what was asked for, and only its answer is not that. */
        boolean done();

        /** The answer comes late. */
        record Slow(Duration by) implements Fault {
            @Override
            public boolean done() {
                return true;
            }
        }

        /**
         * Another answer.
         *
         * @param retryAfter as the server says it
         */
        record Status(int status, Optional<Duration> retryAfter, boolean done) implements Fault {}

        /** The connection ends without a word, after the request was read. */
        record HangUp(boolean done) implements Fault {}

        /**
         * Something happens at this very moment, such as the end of whoever asked; then the connection ends without a word,
         * or the answer goes out as if nothing were. Whether it arrives is nobody's knowledge, so it counts as lost.
         */
        record Meanwhile(Runnable what, boolean done, boolean heard) implements Fault {}

        /** The answer says something else than what was done. */
        record Altered(UnaryOperator<JsonNode> change) implements Fault {
            @Override
            public boolean done() {
                return true;
            }
        }

        /** A page of a proxy. */
        record Page(boolean done) implements Fault {}
    }

    /** With which calls of its target. */
    public sealed interface When {
        /** The first ones. */
        record First(int calls) implements When {}

        /** Every so many. */
        record Every(int calls) implements When {}

        /** By chance. */
        record Chance(double probability) implements When {}
    }

    private record Rule(Target target, When when, Fault fault) {}

    Faults(RandomGenerator random) {
        this.random = random;
    }

    /** Lets this go wrong from now on. */
    public synchronized void add(Target target, When when, Fault fault) {
        rules.add(new Rule(target, when, fault));
    }

    /** Lets everything go well from now on. */
    public synchronized void clear() {
        rules.clear();
        seen.clear();
    }

    /** What goes wrong with a call. */
    synchronized Optional<Fault> next(Target target) {
        Optional<Fault> fault = Optional.empty();
        for (Rule rule : rules) {
            if (rule.target() == target) {
                int count = seen.merge(rule, 1, Integer::sum);
                boolean holds = switch (rule.when()) {
                    case When.First(int calls) -> count <= calls;
                    case When.Every(int calls) -> count % calls == 0;
                    case When.Chance(double probability) -> random.nextDouble() < probability;
                };
                if (holds && fault.isEmpty()) {
                    fault = Optional.of(rule.fault());
                }
            }
        }
        return fault;
    }
}
