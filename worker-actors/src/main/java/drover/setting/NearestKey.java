package drover.setting;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds the key, or the name, that was probably meant. */
public final class NearestKey {
    private NearestKey() {}

    /**
     * The known key with the fewest changed letters, if few enough were changed; one with the same last part also
     * counts.
     */
    public static Optional<String> to(String key, Collection<String> known) {
        String last = key.substring(key.lastIndexOf('.') + 1);
        Optional<String> similar = known.stream()
                .filter(k -> distance(key, k) <= Math.max(2, last.length() / 3))
                .min(Comparator.comparingInt(k -> distance(key, k)));
        return similar.or(
                () -> known.stream().filter(k -> k.endsWith("." + last)).findFirst());
    }

    /** The Levenshtein distance. */
    public static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replace = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replace, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
