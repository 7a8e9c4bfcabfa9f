/**
 * Latent diffusion: networks, samplers, tokenizer, and the models that an installation has. The
 * PyTorch engine and the golden runner call it; the control process uses the catalogue, which touches no native code.
 * Prompts and numbers come in, pictures go out; everything about a model is read from its folder.
 */
@NullMarked
package drover.diffusion;

import org.jspecify.annotations.NullMarked;
