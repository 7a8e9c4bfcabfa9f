package drover.sampling;

/**
 * A step to a lower noise level in two: down to a level below it without noise, then up again with fresh noise. The
 * share of noise is that of the ancestral samplers with eta 1.
 *
 * @param down the level to go to without noise
 * @param up how much noise to add then; {@code down^2 + up^2} is the square of the level aimed at
 */
record AncestralStep(double down, double up) {
    /** The step from {@code sigma} to {@code next}. */
    static AncestralStep between(double sigma, double next) {
        double variance = next * next * (sigma * sigma - next * next) / (sigma * sigma);
        double up = Math.min(next, Math.sqrt(Math.max(0, variance)));
        return new AncestralStep(Math.sqrt(Math.max(0, next * next - up * up)), up);
    }
}
