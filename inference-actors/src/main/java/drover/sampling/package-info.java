/**
 * Samplers: ways from noise to a clean latent, and the noise that they use. All are pure functions of noise levels, a
 * denoiser and a noise source; they know nothing of networks, files or devices. Pipelines plan a run with {@link
 * drover.sampling.SamplingPlan} and give it their network; the golden runner gives it a formula.
 */
@NullMarked
package drover.sampling;

import org.jspecify.annotations.NullMarked;
