package drover.client;

/**
 * How far an attempt has come.
 *
 * @param attempt which try
 * @param phase such as {@code denoising}
 * @param step steps finished in this phase
 * @param of how many the phase has
 * @param percent of the phase, 0 to 100
 */
public record ProgressView(int attempt, String phase, int step, int of, int percent) {}
