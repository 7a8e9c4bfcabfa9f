package drover.inference.pytorch;

import ai.djl.ndarray.types.DataType;
import drover.diffusion.ControlNet;
import drover.diffusion.ExtraFiles;
import drover.diffusion.HiresPlan;
import drover.diffusion.LoraStack;
import drover.diffusion.ModelInfo;
import drover.diffusion.PictureParameters;
import drover.diffusion.Prompts;
import drover.diffusion.StableDiffusion;
import drover.diffusion.TextualInversion;
import drover.graph.GraphException;
import drover.graph.Torch;
import drover.inference.ControlUse;
import drover.inference.Drawing;
import drover.inference.EngineException;
import drover.inference.ImageFeatures;
import drover.inference.ImageRequest;
import drover.inference.LoraUse;
import drover.inference.Phase;
import drover.inference.Position;
import drover.inference.RunMonitor;
import drover.inference.Sampler;
import drover.inference.SourceImage;
import drover.picture.Mask;
import drover.picture.Picture;
import drover.sampling.SamplingPlan;
import drover.sampling.Spacing;
import drover.weights.Lora;
import drover.weights.WeightsException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One request from its inputs to its finished pictures. Made for one run, on one thread. */
final class PictureRun {
    private static final Logger log = LoggerFactory.getLogger(PictureRun.class);

    /** What one picture's pass through a UNet takes beside the weights, per pixel of the picture and prompt. */
    private static final long WORK_BYTES_PER_PIXEL = 4096;

    private static final String SPLIT = "###";

    private final Torch torch;
    private final PyTorchSettings settings;
    private final ModelCache<Loaded> cache;
    private final ExtraFiles files;
    private final ModelInfo info;
    private final ImageRequest request;
    private final ImageFeatures features;
    private final RunMonitor monitor;
    private final Progress loading;
    private final HeapRoom heap = new HeapRoom(Runtime.getRuntime().maxMemory());

    PictureRun(
            Torch torch,
            PyTorchSettings settings,
            ModelCache<Loaded> cache,
            ModelInfo info,
            ImageRequest request,
            RunMonitor monitor) {
        this.torch = torch;
        this.settings = settings;
        this.cache = cache;
        this.files = settings.files();
        this.info = info;
        this.request = request;
        this.features = request.features();
        this.monitor = monitor;
        this.loading = new Progress(monitor, Phase.LOADING, 1);
    }

    /** Everything that a request needs in memory. */
    private record Kit(StableDiffusion model, Optional<ControlNet> net) {}

    /** The sizes and runs that lead to a picture: one, or two with hires fix. */
    private record Passes(Painting first, Optional<Painting> second) {
        Painting last() {
            return second.orElse(first);
        }

        int units() {
            return first.plan().units() + second.map(it -> it.plan().units()).orElse(0);
        }
    }

    List<Drawing> run() throws EngineException {
        refuseWhatCannotBeDone();
        monitor.checkCancelled();
        PictureInputs inputs = PictureInputs.read(features, monitor);
        Optional<ControlUse> map = features.control().filter(ControlUse::returnMap);
        if (map.isPresent()) {
            Picture hint =
                    inputs.hint(map.get(), request.width(), request.height()).orElseThrow();
            return IntStream.range(0, request.count())
                    .mapToObj(i -> drawing(hint, i))
                    .toList();
        }
        try (Held held = new Held()) {
            Upscaling upscaling = new Upscaling(
                    torch,
                    settings.precision(),
                    features.postProcessing(),
                    (key, progress) -> lease(held, key, progress),
                    loading);
            heap.check(request.count(), request.width(), request.height(), upscaling.scale());
            return finished(painted(inputs), upscaling);
        }
    }

    private void refuseWhatCannotBeDone() throws EngineException.Unsupported {
        if (Math.max(request.width(), request.height()) > info.maxSize()) {
            throw new EngineException.Unsupported(info.name() + " draws at most " + info.maxSize()
                    + " pixels a side, but " + request.width() + "x" + request.height() + " was asked for");
        }
        heap.check(request.count(), request.width(), request.height(), 1);
        var missing = features.required();
        missing.removeAll(files.features(info));
        if (!missing.isEmpty()) {
            throw new EngineException.Unsupported(info.name() + " cannot be used with "
                    + String.join(", ", missing.stream().map(it -> it.words()).toList()) + " here");
        }
        for (LoraUse lora : features.loras()) {
            files.lora(lora.file());
        }
        for (String upscaler : features.postProcessing()) {
            files.upscaler(upscaler);
        }
        for (String embedding : TextualInversion.mentioned(request.prompt() + "\n" + request.negativePrompt())) {
            files.embedding(embedding);
        }
    }

    private Loaded lease(Held held, String key, Progress progress) throws EngineException {
        ModelCache<Loaded>.Lease lease = cache.lease(key, progress.loading());
        return held.add(lease, lease::close).model();
    }

    /** What makes no numbers in a narrow precision is done once more in the widest: all of it, or the decoding alone. */
    private List<Picture> painted(PictureInputs inputs) throws EngineException {
        Progress denoising = new Progress(monitor, Phase.DENOISING, 0);
        Progress decoding = new Progress(monitor, Phase.DECODING, request.count());
        List<float[]> latents = List.of();
        try (Held held = new Held()) {
            Passes passes = passes(kit(held, false, loading), inputs);
            latents = denoised(passes, denoising);
            return decoded(passes.last(), latents, decoding);
        } catch (EngineException.NotANumber e) {
            if (settings.precision() == DataType.FLOAT32) {
                throw e;
            }
            log.warn("{} made no numbers in {}; once more in float32", info.name(), settings.precision());
        }
        boolean denoised = !latents.isEmpty();
        try (Held held = new Held()) {
            // What is loaded now counts as a part of the phase that was reached: a position never goes back.
            Passes passes = passes(kit(held, true, denoised ? decoding : denoising), inputs);
            return decoded(passes.last(), denoised ? latents : denoised(passes, denoising), decoding);
        }
    }

    /** At the usual precision, or at the widest: all networks of a kit have the same. */
    private Kit kit(Held held, boolean widest, Progress progress) throws EngineException {
        UnaryOperator<String> width = widest ? Storeroom::wide : UnaryOperator.identity();
        String key = width.apply(info.name());
        Loaded loaded = lease(held, key, progress);
        if (!(loaded instanceof Loaded.Pipeline(StableDiffusion pipeline))) {
            throw new IllegalStateException(key + " is no model");
        }
        StableDiffusion model = features.tiling() ? pipeline.tiling() : pipeline;
        if (!features.loras().isEmpty()) {
            progress.begin(1);
            StableDiffusion changed = adapted(held, model);
            model = held.add(changed, changed::close);
            progress.at(1, 1);
        }
        Optional<ControlNet> net = Optional.empty();
        if (features.control().isPresent()
                && lease(
                                held,
                                width.apply(Storeroom.follower(
                                        features.control().get().model())),
                                progress)
                        instanceof Loaded.Follower(ControlNet follower)) {
            net = Optional.of(follower);
        }
        return new Kit(model, net);
    }

    private StableDiffusion adapted(Held held, StableDiffusion model) throws EngineException {
        List<LoraStack.Entry> ofModel = new ArrayList<>();
        List<LoraStack.Entry> ofClip = new ArrayList<>();
        for (LoraUse use : features.loras()) {
            try {
                Lora lora = Lora.open(files.lora(use.file()));
                held.add(lora, lora::close);
                ofModel.add(new LoraStack.Entry(lora, use.model()));
                ofClip.add(new LoraStack.Entry(lora, use.clip()));
            } catch (WeightsException.Unsupported e) {
                throw new EngineException.Unsupported(String.valueOf(e.getMessage()));
            } catch (WeightsException e) {
                throw new EngineException.BadModel(String.valueOf(e.getMessage()), e);
            }
        }
        return model.with(new LoraStack(ofModel), new LoraStack(ofClip));
    }

    private Passes passes(Kit kit, PictureInputs inputs) throws EngineException {
        // Checked before anything is computed.
        kit.model().latentSize(request.width(), request.height());
        boolean inpainting = features.source()
                .filter(it -> it.mode() == SourceImage.Mode.INPAINTING)
                .isPresent();
        double strength = features.source().map(SourceImage::strength).orElse(1.0);
        Spacing spacing = kit.model().schedule().spacing(request.karras());
        Optional<Double> again = features.hiresFix().filter(it -> !inpainting).map(it -> it.strength());
        Optional<HiresPlan> hires =
                again.flatMap(d -> HiresPlan.of(info, request.width(), request.height(), request.steps(), d));
        if (hires.isEmpty()) {
            SamplingPlan plan = plan(kit, request.steps(), spacing, strength);
            return new Passes(painting(kit, inputs, request.width(), request.height(), plan), Optional.empty());
        }
        Painting first = painting(
                kit,
                inputs,
                hires.get().firstWidth(),
                hires.get().firstHeight(),
                plan(kit, request.steps(), spacing, strength));
        SamplingPlan plan = plan(kit, hires.get().secondSteps(), Spacing.SIMPLE, again.orElseThrow());
        return new Passes(first, Optional.of(painting(kit, inputs, request.width(), request.height(), plan)));
    }

    private SamplingPlan plan(Kit kit, int steps, Spacing spacing, double strength) {
        return SamplingPlan.of(request.sampler(), kit.model().schedule().table(), steps, spacing, strength);
    }

    private Painting painting(Kit kit, PictureInputs inputs, int width, int height, SamplingPlan plan) {
        return new Painting(torch, kit.model(), kit.net(), request, inputs, width, height, plan);
    }

    /** As many pictures at once as there is memory for; positions only ever advance, so all before the first is decoded. */
    private List<float[]> denoised(Passes passes, Progress denoising) throws EngineException {
        int count = request.count();
        if (!denoising.hasBegun()) {
            monitor.at(Position.entering(Phase.ENCODING, 1));
            monitor.checkCancelled();
        }
        denoising.plan(count * passes.units());
        List<float[]> all = new ArrayList<>();
        int atOnce = atOnce();
        while (all.size() < count) {
            int some = Math.min(atOnce, count - all.size());
            try {
                all.addAll(denoised(passes, all.size(), some, denoising));
            } catch (RuntimeException e) {
                if (some == 1 || !GraphException.outOfMemory(e)) {
                    throw e;
                }
                log.info("no memory for {} pictures at once; trying {}", some, some / 2);
                torch.releaseCached();
                atOnce = some / 2;
            }
        }
        return all;
    }

    private List<float[]> denoised(Passes passes, int from, int some, Progress denoising) throws EngineException {
        Prompts prompts = prompts();
        List<float[]> latents = passes.first().paint(prompts, from, some, List.of(), denoising);
        if (passes.second().isEmpty()) {
            return latents;
        }
        Painting second = passes.second().get();
        List<float[]> enlarged = new ArrayList<>();
        for (float[] small : latents) {
            enlarged.add(HiresPlan.enlarged(small, passes.first().size(), second.size()));
        }
        return second.paint(prompts, from, some, enlarged, denoising);
    }

    private int atOnce() {
        if (request.sampler() == Sampler.DPM_ADAPTIVE) {
            return 1; // It takes the steps that a picture needs, and every picture needs others.
        }
        long each = WORK_BYTES_PER_PIXEL * request.width() * request.height() * (request.cfgScale() > 1 ? 2 : 1);
        return Math.clamp(settings.workBytes() / each, 1, request.count());
    }

    /** What stands behind the first {@code ###} is the negative prompt, up to the next. */
    private Prompts prompts() throws EngineException {
        String[] parts = request.prompt().split(SPLIT, -1);
        String negative = request.negativePrompt();
        if (parts.length > 1) {
            negative = negative.isBlank() ? parts[1].strip() : negative + ", " + parts[1].strip();
        }
        String positive = parts[0].strip();
        List<TextualInversion> inversions = new ArrayList<>();
        for (String name : TextualInversion.mentioned(positive + "\n" + negative)) {
            inversions.add(TextualInversion.open(name, files.embedding(name)));
        }
        return new Prompts(positive, Optional.of(negative), request.cfgScale(), request.clipSkip(), inversions);
    }

    private static List<Picture> decoded(Painting last, List<float[]> latents, Progress decoding)
            throws EngineException {
        decoding.begin(latents.size());
        Optional<Mask> mask = last.mask();
        Optional<Picture> kept = last.inputs().source(last.width(), last.height());
        List<Picture> pictures = new ArrayList<>();
        for (float[] latent : latents) {
            float[] planes = StableDiffusion.finite(last.model().decode(latent, last.size()));
            Picture picture = last.model().picture(planes, last.width(), last.height());
            pictures.add(mask.isPresent() && kept.isPresent() ? mask.get().composite(picture, kept.get()) : picture);
            decoding.at(pictures.size(), latents.size());
        }
        return pictures;
    }

    private List<Drawing> finished(List<Picture> pictures, Upscaling upscaling) throws EngineException {
        Progress processing = new Progress(monitor, Phase.POST_PROCESSING, 1);
        List<Drawing> drawings = new ArrayList<>();
        for (int i = 0; i < pictures.size(); i++) {
            drawings.add(drawing(upscaling.enlarged(pictures.get(i), processing), i));
        }
        return drawings;
    }

    private Drawing drawing(Picture picture, int i) {
        PictureParameters parameters = new PictureParameters(request, request.seedOf(i), settings.version());
        return new Drawing(picture, request.seedOf(i), parameters.texts());
    }
}
