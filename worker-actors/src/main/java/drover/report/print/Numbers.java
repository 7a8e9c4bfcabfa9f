package drover.report.print;

import java.util.Locale;

/** Numbers as a report shows them, the same wherever it is read. */
public final class Numbers {
    private Numbers() {}

    /** {@code 12,345}. */
    public static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** A share of 0 to 1 in passing: {@code 71 %}, or {@code 7.4 %} where that is little. */
    public static String percent(double share) {
        double percent = share * 100;
        return percent >= 19.95 || percent == 0 ? String.format(Locale.ROOT, "%.0f %%", percent) : rate(share);
    }

    /** A rate of 0 to 1 that others are compared with: {@code 71.3 %}, {@code 0.04 %}. */
    public static String rate(double rate) {
        return plain(rate) + " %";
    }

    /** The same without the sign. */
    public static String plain(double rate) {
        double percent = rate * 100;
        return String.format(Locale.ROOT, percent > 0 && percent < 0.095 ? "%.2f" : "%.1f", percent);
    }

    /** Seconds with three digits that count: {@code 0.012}, {@code 1.23}, {@code 12.3}, {@code 1234}. */
    public static String seconds(double seconds) {
        int decimals = seconds >= 99.95 ? 0 : seconds >= 9.995 ? 1 : seconds >= 0.9995 || seconds == 0 ? 2 : 3;
        return String.format(Locale.ROOT, "%." + decimals + "f", seconds);
    }

    /** A time of any length, in the unit that suits it: {@code 4.2 s}, {@code 12 min}, {@code 3.4 h}, {@code 12 d}. */
    public static String time(double seconds) {
        if (seconds < 120) {
            return one(seconds) + " s";
        }
        if (seconds < 2 * 3_600) {
            return one(seconds / 60) + " min";
        }
        return seconds < 48 * 3_600 ? one(seconds / 3_600) + " h" : one(seconds / 86_400) + " d";
    }

    /** How many times as much: {@code 2.8}. */
    public static String times(double factor) {
        return one(factor);
    }

    private static String one(double number) {
        return String.format(Locale.ROOT, number >= 99.95 || number == 0 ? "%.0f" : "%.1f", number);
    }
}
