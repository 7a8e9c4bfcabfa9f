package drover.golden;

/**
 * The one data distribution whose perfect denoiser can be written down: a mixture of round Gaussians. Samplers are
 * checked on it without any network. Computed in float64.
 */
final class GaussianMixture {
    private final double[] weights;
    private final double[] deviations;
    private final float[] means;
    private final int dimensions;

    /**
     * A mixture.
     *
     * @param weights one for each component, all positive
     * @param deviations one for each component
     * @param means one after the other, {@code components * dimensions} numbers
     */
    GaussianMixture(double[] weights, double[] deviations, float[] means) {
        this.weights = weights.clone();
        this.deviations = deviations.clone();
        this.means = means.clone();
        this.dimensions = means.length / weights.length;
    }

    /**
     * The expectation of x_0 given {@code x = x_0 + sigma noise}: {@code sum w_k (mu_k + s_k^2 / v_k (x - mu_k))} with
     * {@code v_k = s_k^2 + sigma^2}, w the softmax of {@code ln pi_k - |x - mu_k|^2 / (2 v_k) - d/2 ln v_k}.
     */
    double[] denoise(double[] x, double sigma) {
        double[] responsibilities = responsibilities(x, sigma);
        double[] denoised = new double[dimensions];
        for (int k = 0; k < weights.length; k++) {
            double shrink = deviations[k] * deviations[k] / variance(k, sigma);
            for (int i = 0; i < dimensions; i++) {
                double mean = means[k * dimensions + i];
                denoised[i] += responsibilities[k] * (mean + shrink * (x[i] - mean));
            }
        }
        return denoised;
    }

    private double variance(int k, double sigma) {
        return deviations[k] * deviations[k] + sigma * sigma;
    }

    private double[] responsibilities(double[] x, double sigma) {
        double[] logs = new double[weights.length];
        double largest = Double.NEGATIVE_INFINITY;
        for (int k = 0; k < logs.length; k++) {
            double distance = 0;
            for (int i = 0; i < dimensions; i++) {
                double difference = x[i] - means[k * dimensions + i];
                distance += difference * difference;
            }
            double variance = variance(k, sigma);
            logs[k] = Math.log(weights[k]) - distance / (2 * variance) - dimensions / 2.0 * Math.log(variance);
            largest = Math.max(largest, logs[k]);
        }
        double sum = 0;
        for (int k = 0; k < logs.length; k++) {
            logs[k] = Math.exp(logs[k] - largest);
            sum += logs[k];
        }
        for (int k = 0; k < logs.length; k++) {
            logs[k] /= sum;
        }
        return logs;
    }
}
