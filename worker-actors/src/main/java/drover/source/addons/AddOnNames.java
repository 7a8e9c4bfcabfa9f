package drover.source.addons;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What is known of names: what they mean, and which are not worth asking for. Not safe for use by several threads. */
final class AddOnNames {
    /** How long the newest version of an add-on counts as the newest. */
    static final Duration TRUST = Duration.ofDays(1);

    /** How long a refusal is remembered. */
    static final Duration REFUSED_FOR = Duration.ofMinutes(10);

    /** How long a failure is remembered. */
    static final Duration FAILED_FOR = Duration.ofMinutes(1);

    /** Anybody can ask for any name. */
    private static final int MAX_NAMES = 10_000;

    private final Map<AddOnName, Meaning> meanings = new LinkedHashMap<>();
    private final Map<AddOnName, Refusal> refusals = new LinkedHashMap<>();

    /**
     * What a name means.
     *
     * @param version the number of the version
     * @param asked when its site said so
     */
    record Meaning(long version, Instant asked) {}

    /** Why there is no asking for a name, and until when. */
    record Refusal(AddOnProblem problem, String message, Instant until) {}

    /** The version that is meant, if its site said so not long ago. */
    Optional<Long> meaning(AddOnName name, Instant now) {
        return Optional.ofNullable(meanings.get(name))
                .filter(meaning -> meaning.asked().plus(TRUST).isAfter(now))
                .map(Meaning::version);
    }

    void means(AddOnName name, Meaning meaning) {
        refusals.remove(name);
        put(meanings, name, meaning);
    }

    /** Why not to ask for it, for somebody who takes such or does not. */
    Optional<Refusal> refusal(AddOnName name, boolean nsfw, Instant now) {
        return Optional.ofNullable(refusals.get(name))
                .filter(refusal -> refusal.until().isAfter(now) && !(nsfw && refusal.problem() == AddOnProblem.NSFW));
    }

    void refused(AddOnName name, AddOnProblem problem, String message, Instant now) {
        Duration length = problem.isLasting() ? REFUSED_FOR : FAILED_FOR;
        put(refusals, name, new Refusal(problem, message, now.plus(length)));
    }

    /** All meanings, old ones included. */
    Map<AddOnName, Meaning> meanings() {
        return Map.copyOf(meanings);
    }

    /** The name heard of longest ago makes room. */
    private static <T> void put(Map<AddOnName, T> names, AddOnName name, T value) {
        names.remove(name);
        names.put(name, value);
        if (names.size() > MAX_NAMES) {
            names.remove(names.keySet().iterator().next());
        }
    }
}
