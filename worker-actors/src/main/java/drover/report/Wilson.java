package drover.report;

import drover.client.ReportView.RateView;

/**
 * The Wilson score interval of a share: what the share behind a count may be, with 95 % confidence. Other than the usual
 * "± 1.96 standard errors" it holds for few observations and for shares near 0 and 1.
 *
 * <p>E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of the American
 * Statistical Association 22 (1927), 209–212.
 */
final class Wilson {
    /** The 97.5th percentile of the normal distribution. */
    private static final double Z = 1.959963984540054;

    private Wilson() {}

    /** This many out of so many. Of none, everything is possible. */
    static RateView rate(long count, long of) {
        if (of == 0) {
            return new RateView(0, 0, 0, 0, 1);
        }
        double p = (double) count / of;
        double z2 = Z * Z / of;
        double middle = (p + z2 / 2) / (1 + z2);
        double half = Z / (1 + z2) * Math.sqrt(p * (1 - p) / of + z2 / (4 * of));
        // At the ends the formula gives 0 and 1, but for rounding.
        double low = count == 0 ? 0 : middle - half;
        double high = count == of ? 1 : middle + half;
        return new RateView(count, of, p, low, high);
    }
}
