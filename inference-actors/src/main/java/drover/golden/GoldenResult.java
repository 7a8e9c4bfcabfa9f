package drover.golden;

import java.util.Locale;

/**
 * The verdict on one tensor of one case.
 *
 * @param caseName the case's folder, relative to the folder that was asked for
 * @param tensor the tensor's name; empty when the verdict is on the case as a whole
 * @param maxAbsError largest absolute difference; NaN where nothing was compared
 * @param maxRelError largest absolute difference divided by the largest golden magnitude; NaN where nothing was compared
 * @param tolerance the largest absolute difference that passes; NaN where nothing was compared
 * @param verdict what came of it
 * @param note why, where numbers do not say it; else empty
 */
public record GoldenResult(
        String caseName,
        String tensor,
        double maxAbsError,
        double maxRelError,
        double tolerance,
        Verdict verdict,
        String note) {
    /** What came of a comparison. */
    public enum Verdict {
        /** Compared, within the tolerance. */
        PASS,
        /** Compared and beyond the tolerance, or the case is damaged. */
        FAIL,
        /** An intermediate value that is not at hand here. */
        SKIPPED,
        /** Drover does not compute this. */
        NOT_SUPPORTED
    }

    static GoldenResult without(String caseName, String tensor, Verdict verdict, String note) {
        return new GoldenResult(caseName, tensor, Double.NaN, Double.NaN, Double.NaN, verdict, note);
    }

    /** One line for a console: verdict, case, tensor, errors and tolerance, note. */
    public String line() {
        StringBuilder line =
                new StringBuilder("%-13s %s".formatted(verdict.name().replace('_', ' '), caseName));
        if (!tensor.isEmpty()) {
            line.append("  ").append(tensor);
        }
        if (!Double.isNaN(tolerance)) {
            line.append(String.format(
                    Locale.ROOT, "  abs %.3g  rel %.3g  tolerance %.3g", maxAbsError, maxRelError, tolerance));
        }
        if (!note.isEmpty()) {
            line.append("  (").append(note).append(')');
        }
        return line.toString();
    }
}
