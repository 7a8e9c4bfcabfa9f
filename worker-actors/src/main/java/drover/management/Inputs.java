package drover.management;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import drover.client.ManagementClient;
import drover.client.ReportQuery;
import drover.inference.JobId;
import drover.job.JobState;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Reads what callers send, strictly. */
final class Inputs {
    static final int MAX_BODY = 64 << 10;
    private static final int MAX_REASON = 300;
    private static final ObjectMapper STRICT = ManagementClient.json()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION.mappedFeature());

    private Inputs() {}

    /** Why something is done. */
    private record Why(Optional<String> reason) {}

    /** Log levels to set, and why. */
    record Levels(Map<String, String> levels, Optional<String> reason) {}

    /**
     * A JSON object with these fields and no others.
     *
     * @param expected shows the caller what it looks like
     */
    static <T> T body(String text, Class<T> type, String expected) {
        try {
            T read = STRICT.readValue(text, type);
            if (read != null) {
                return read;
            }
        } catch (JsonProcessingException e) {
            throw new Refusal("expected " + expected + ": " + e.getOriginalMessage());
        }
        throw new Refusal("expected " + expected + ", but found null");
    }

    /** {@code {"reason": "…"}}, or no body at all. */
    static Optional<String> reason(String body) {
        if (body.isBlank()) {
            return Optional.empty();
        }
        return checked(body(body, Why.class, "{\"reason\": \"TEXT\"}").reason());
    }

    /** {@code {"levels": {"LOGGER": "LEVEL"}, "reason": "…"}}, the reason only if there is one. */
    static Levels levels(String body) {
        Levels wanted = body(body, Levels.class, "{\"levels\": {\"LOGGER\": \"LEVEL\"}}");
        if (wanted.levels() == null
                || wanted.levels().isEmpty()
                || wanted.levels().containsValue(null)) {
            throw new Refusal("expected at least one logger, each with a level");
        }
        return new Levels(new TreeMap<>(wanted.levels()), checked(wanted.reason()));
    }

    private static Optional<String> checked(Optional<String> given) {
        Optional<String> reason = given.map(String::strip);
        if (reason.filter(r -> r.isEmpty() || r.length() > MAX_REASON).isPresent()) {
            throw new Refusal("a reason has 1 to " + MAX_REASON + " characters, but this one has "
                    + reason.get().length());
        }
        return reason;
    }

    /** Refuses parameters that are not known or given twice. */
    static Map<String, String> parameters(Map<String, List<String>> given, Set<String> known) {
        given.forEach((name, values) -> {
            if (!known.contains(name)) {
                throw new Refusal(name + " is not a known parameter"
                        + (known.isEmpty() ? "; there are none" : "; there are: " + String.join(", ", sorted(known))));
            }
            if (values.size() > 1) {
                throw new Refusal(name + " is given " + values.size() + " times");
            }
        });
        return given.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().getFirst()));
    }

    private static List<String> sorted(Set<String> names) {
        return names.stream().sorted().toList();
    }

    /** A number of things to list. */
    static int limit(Map<String, String> parameters, int standard, int most) {
        String text = parameters.getOrDefault("limit", Integer.toString(standard));
        int limit = text.matches("[0-9]{1,4}") ? Integer.parseInt(text) : 0;
        if (limit < 1 || limit > most) {
            throw new Refusal("limit must be 1 to " + most + ", but was " + text);
        }
        return limit;
    }

    static Optional<JobState> state(Map<String, String> parameters) {
        return Optional.ofNullable(parameters.get("state"))
                .map(text -> Arrays.stream(JobState.values())
                        .filter(state -> state.name().equalsIgnoreCase(text))
                        .findFirst()
                        .orElseThrow(() -> new Refusal("state must be one of "
                                + Arrays.stream(JobState.values())
                                        .map(state -> state.name().toLowerCase(Locale.ROOT))
                                        .collect(Collectors.joining(", "))
                                + ", but was " + text)));
    }

    static JobId job(String text) {
        try {
            return new JobId(text);
        } catch (IllegalArgumentException e) {
            throw new Refusal(String.valueOf(e.getMessage()));
        }
    }

    /** What a report is to be about. */
    static ReportQuery report(Map<String, String> parameters) {
        String last = parameters.getOrDefault("last", ReportQuery.DEFAULT_LAST);
        return new ReportQuery(
                ReportQuery.parse(last)
                        .orElseThrow(() -> new Refusal("last must be " + ReportQuery.EXPECTED + ", but was " + last)),
                Optional.ofNullable(parameters.get("node")),
                Optional.ofNullable(parameters.get("model")));
    }

    /** Which inference actor of a node. */
    static int actor(String text) {
        if (!text.matches("[0-9]{1,4}")) {
            throw new Refusal("an actor is a number from 0, as GET /drover/nodes shows it, but was " + text);
        }
        return Integer.parseInt(text);
    }
}
