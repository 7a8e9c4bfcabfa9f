package drover.source.addons;

import drover.setting.NearestKey;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** Which of an add-on's trigger words goes in front of the prompt. */
public final class TriggerWords {
    /** As the existing worker has it, of 1. */
    private static final double ALIKE = 0.65;

    private TriggerWords() {}

    /**
     * The text to put in front of the prompt.
     *
     * @param words the add-on's
     * @param wanted what the job asks for: {@code any} for one by chance, {@code all} for all, or which: one of them, a part
     *     of one, or something like one
     */
    public static Optional<String> choose(List<String> words, String wanted, RandomGenerator random) {
        String text = wanted.strip().toLowerCase(Locale.ROOT);
        if (words.isEmpty() || text.isEmpty()) {
            return Optional.empty();
        }
        return switch (text) {
            case "any" -> Optional.of(words.get(random.nextInt(words.size())));
            case "all" -> Optional.of(String.join(", ", words));
            default -> named(words, text);
        };
    }

    private static Optional<String> named(List<String> words, String text) {
        return words.stream()
                .filter(word -> word.strip().toLowerCase(Locale.ROOT).equals(text))
                .findFirst()
                .or(() -> words.stream()
                        .filter(word -> word.toLowerCase(Locale.ROOT).contains(text))
                        .findFirst())
                .or(() -> words.stream()
                        .max(Comparator.comparingDouble(word -> likeness(word, text)))
                        .filter(word -> likeness(word, text) > ALIKE));
    }

    /** 1 for the same, 0 for nothing in common. */
    static double likeness(String a, String b) {
        String one = a.strip().toLowerCase(Locale.ROOT);
        String other = b.strip().toLowerCase(Locale.ROOT);
        int longest = Math.max(one.length(), other.length());
        return longest == 0 ? 1 : 1 - (double) NearestKey.distance(one, other) / longest;
    }
}
