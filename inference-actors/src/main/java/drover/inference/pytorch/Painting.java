package drover.inference.pytorch;

import drover.diffusion.Conditioning;
import drover.diffusion.Control;
import drover.diffusion.ControlNet;
import drover.diffusion.LatentPreview;
import drover.diffusion.Masked;
import drover.diffusion.Prompts;
import drover.diffusion.StableDiffusion;
import drover.diffusion.StableDiffusion.LatentSize;
import drover.graph.Torch;
import drover.inference.ControlUse;
import drover.inference.EngineException;
import drover.inference.ImageRequest;
import drover.inference.SourceImage;
import drover.picture.Mask;
import drover.picture.Picture;
import drover.sampling.GaussianNoise;
import drover.sampling.MaskedDenoiser;
import drover.sampling.NoiseSource;
import drover.sampling.SamplingMethods;
import drover.sampling.SamplingPlan;
import drover.sampling.SigmaDenoiser;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Paints some pictures of a request at once, in one size: from noise, from the source, or over latents at hand.
 *
 * @param torch runs it
 * @param model with everything that the request combines it with
 * @param net the ControlNet, if the request has one
 * @param request what is painted
 * @param inputs what it is painted from
 * @param width pixels
 * @param height pixels
 * @param plan the sampler's run
 */
record Painting(
        Torch torch,
        StableDiffusion model,
        Optional<ControlNet> net,
        ImageRequest request,
        PictureInputs inputs,
        int width,
        int height,
        SamplingPlan plan) {

    /** What a picture is begun with. */
    @SuppressWarnings("ArrayRecordComponent") // Handed from one line to the next, never compared.
    private record Beginning(
            Optional<float[]> clean, Optional<float[]> repaint, Optional<Masked> masked, boolean full) {}

    LatentSize size() throws EngineException.Unsupported {
        return model.latentSize(width, height);
    }

    /**
     * Denoises pictures.
     *
     * @param first which picture of the request is the first of them
     * @param count how many
     * @param over their latents, to be painted over; empty begins with the source, or with nothing
     * @param progress hears of the steps of each picture
     * @return the final latents of each
     */
    List<float[]> paint(Prompts prompts, int first, int count, List<float[]> over, Progress progress)
            throws EngineException {
        LatentSize size = size();
        Beginning beginning = over.isEmpty()
                ? fromRequest(size)
                : new Beginning(Optional.of(joined(over)), Optional.empty(), model.unmasked(size), false);
        List<NoiseSource> sources = new ArrayList<>();
        List<float[]> noises = new ArrayList<>();
        for (int i = first; i < first + count; i++) {
            GaussianNoise stream = new GaussianNoise(request.seedOf(i));
            noises.add(stream.next(size.elements()));
            sources.add(SamplingMethods.noise(request.sampler(), stream, request.seedOf(i)));
        }
        float[] noise = joined(noises);
        float[] clean = beginning.clean().map(c -> repeated(c, noise.length)).orElse(noise);
        float[] start = beginning.full() ? plan.start(noise) : plan.start(clean, noise);
        int units = plan.units();
        Optional<LatentPreview.Space> space =
                LatentPreview.Space.of(model.unet().config());
        try (Conditioning conditioning = model.condition(prompts, size, count);
                Held held = new Held()) {
            Optional<Control> control = control(held, prompts, count);
            SigmaDenoiser denoiser = model.denoiser(conditioning, plan, size, beginning.masked(), control);
            if (beginning.repaint().isPresent() && beginning.masked().isEmpty()) {
                denoiser = new MaskedDenoiser(denoiser, beginning.repaint().get(), clean, noise);
            }
            progress.begin(units * count);
            float[] latents = plan.run(start, 0, denoiser, together(sources, size.elements()), step -> {
                progress.at(step.done() * count, units * count);
                space.ifPresent(it -> progress.show(
                        step.index() + 1, () -> LatentPreview.of(it, step.denoised(), size.height(), size.width())));
            });
            return split(StableDiffusion.finite(latents), count);
        }
    }

    private Beginning fromRequest(LatentSize size) throws EngineException {
        Optional<Picture> source = inputs.source(width, height);
        if (source.isEmpty()) {
            return new Beginning(Optional.empty(), Optional.empty(), model.unmasked(size), true);
        }
        float[] clean = encoded(source.get(), Optional.empty(), size);
        SourceImage use = request.features().source().orElseThrow();
        Optional<Mask> mask = mask();
        if (mask.isEmpty()) {
            return new Beginning(Optional.of(clean), Optional.empty(), model.unmasked(size), false);
        }
        float[] repaint = mask.get().cells(model.vae().config().factor());
        Optional<Masked> masked = model.inpaints()
                ? Optional.of(new Masked(repaint, encoded(source.get(), mask, size)))
                : Optional.empty();
        // At full strength nothing of what goes is to show through.
        return new Beginning(Optional.of(clean), Optional.of(repaint), masked, use.strength() >= 1);
    }

    /** Where to paint, at this size. */
    Optional<Mask> mask() {
        return inputs.mask(width, height);
    }

    private Optional<Control> control(Held held, Prompts prompts, int count) throws EngineException {
        if (net.isEmpty()) {
            return Optional.empty();
        }
        ControlUse use = request.features().control().orElseThrow();
        Picture hint = inputs.hint(use, width, height).orElseThrow();
        int rows = prompts.guidance() > 1 ? 2 * count : count;
        Control control =
                new Control(torch, net.get(), model.unet(), planes(hint, 1, 0), height, width, rows, use.strength());
        return Optional.of(held.add(control, control::close));
    }

    /** The latents of a picture, at the mean of its posterior; grey where a mask is white. */
    private float[] encoded(Picture picture, Optional<Mask> grey, LatentSize size) {
        float[] planes = planes(picture, 2, -1);
        grey.ifPresent(mask -> {
            int pixels = mask.values().length;
            for (int i = 0; i < planes.length; i++) {
                planes[i] = mask.values()[i % pixels] >= 0.5f ? 0 : planes[i];
            }
        });
        return model.encode(planes, size, new float[size.elements()]);
    }

    /** {@code value / 255 * scale + shift}, in planes of red, green and blue. */
    private static float[] planes(Picture picture, float scale, float shift) {
        byte[] rgb = picture.rgb();
        int pixels = rgb.length / 3;
        float[] planes = new float[rgb.length];
        for (int i = 0; i < pixels; i++) {
            for (int c = 0; c < 3; c++) {
                planes[c * pixels + i] = (rgb[3 * i + c] & 0xFF) / 255f * scale + shift;
            }
        }
        return planes;
    }

    /** Noise for several pictures, each from its own source. */
    private static NoiseSource together(List<NoiseSource> sources, int elements) {
        return (sigma, next, count) -> {
            List<float[]> parts = new ArrayList<>();
            for (NoiseSource source : sources) {
                parts.add(source.between(sigma, next, elements));
            }
            return joined(parts);
        };
    }

    private static float[] joined(List<float[]> parts) {
        int length = parts.getFirst().length;
        float[] all = new float[parts.size() * length];
        for (int i = 0; i < parts.size(); i++) {
            System.arraycopy(parts.get(i), 0, all, i * length, length);
        }
        return all;
    }

    private static float[] repeated(float[] values, int length) {
        float[] all = new float[length];
        for (int at = 0; at < length; at += values.length) {
            System.arraycopy(values, 0, all, at, values.length);
        }
        return all;
    }

    private static List<float[]> split(float[] all, int count) {
        int length = all.length / count;
        List<float[]> parts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            parts.add(Arrays.copyOfRange(all, i * length, (i + 1) * length));
        }
        return parts;
    }
}
