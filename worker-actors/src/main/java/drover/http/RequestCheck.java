package drover.http;

import drover.client.JobRequest;
import drover.client.Problem.FieldError;
import drover.inference.FaultPlan;
import drover.inference.ImageRequest;
import drover.inference.OutputFormat;
import drover.inference.Phase;
import drover.inference.SafetyPolicy;
import drover.inference.Sampler;
import drover.job.Priority;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/** Checks the values of a request against the limits and its model, and fills in the model's defaults. */
final class RequestCheck {
    private static final int MAX_CLIP_SKIP = 12;
    private static final double MAX_CFG = 100;
    private static final int MAX_FAULTY_ATTEMPTS = 1_000;
    private static final int NAMES_SHOWN = 12;

    private final RequestLimits limits;
    private final ModelDefaults models;
    private final LongSupplier seeds;
    private final Optional<SafetyPolicy> safety;
    private final boolean faults;

    RequestCheck(
            RequestLimits limits,
            ModelDefaults models,
            LongSupplier seeds,
            Optional<SafetyPolicy> safety,
            boolean faults) {
        this.limits = limits;
        this.models = models;
        this.seeds = seeds;
        this.safety = safety;
        this.faults = faults;
    }

    /**
     * The order that the request makes.
     *
     * @throws ProblemException naming every field at fault
     */
    JobOrder check(JobRequest r) {
        List<FieldError> errors = new ArrayList<>();
        text(errors, "prompt", r.prompt());
        r.negativePrompt().ifPresent(text -> text(errors, "negative_prompt", text));
        ModelDefaults.Defaults model = model(errors, r.model());
        int width = r.width().orElse(model.width());
        int height = r.height().orElse(model.height());
        size(errors, width, height, model);
        int steps = r.steps().orElse(Math.min(model.steps(), limits.maxSteps()));
        range(errors, "steps", steps, 1, limits.maxSteps());
        double cfgScale = r.cfgScale().orElse(model.cfgScale());
        expect(errors, cfgScale >= 1 && cfgScale <= MAX_CFG, "cfg_scale", "must be 1 to 100, but was " + cfgScale);
        long seed = r.seed().orElseGet(seeds::getAsLong);
        range(errors, "seed", seed, 0, ImageRequest.SEED_LIMIT - 1);
        int clipSkip = r.clipSkip().orElse(model.clipSkip());
        range(errors, "clip_skip", clipSkip, 1, MAX_CLIP_SKIP);
        int count = r.count().orElse(1);
        range(errors, "count", count, 1, limits.maxCount());
        Optional<Sampler> sampler = r.sampler().map(Sampler::byName).orElse(Optional.of(model.sampler()));
        expect(
                errors,
                sampler.isPresent(),
                "sampler",
                "must be one of " + Sampler.names() + ", but was " + r.sampler().orElse(""));
        Optional<OutputFormat> format = format(errors, r, Math.max(width, height));
        Optional<Priority> priority = r.priority()
                .map(name -> constant(Priority.values(), name, errors, "priority"))
                .orElse(Optional.of(Priority.NORMAL));
        r.deadlineSeconds()
                .ifPresent(s -> range(
                        errors, "deadline_seconds", s, 1, limits.maxDeadline().toSeconds()));
        PictureOrder pictures = new PictureCheck(errors).check(r);
        Optional<FaultPlan> fault = r.fault().flatMap(order -> fault(errors, order));
        if (!errors.isEmpty()) {
            throw ProblemException.of(Problems.REQUEST_INVALID, errors);
        }
        ImageRequest image = new ImageRequest(
                        model.model(),
                        r.prompt(),
                        r.negativePrompt().orElse(""),
                        width,
                        height,
                        steps,
                        sampler.orElseThrow(),
                        r.karras().orElse(false),
                        cfgScale,
                        seed,
                        clipSkip,
                        count,
                        fault)
                .withFormat(format.orElseThrow())
                .with(pictures.features());
        ImageRequest request = safety.map(image::withSafety).orElse(image);
        Duration useful = r.deadlineSeconds()
                .map(Duration::ofSeconds)
                .orElseGet(() -> Deadlines.byDefault(image, pictures.control().isPresent()));
        return new JobOrder(request, pictures, priority.orElseThrow(), useful);
    }

    private ModelDefaults.Defaults model(List<FieldError> errors, Optional<String> name) {
        Optional<ModelDefaults.Defaults> model = name.map(models::byName).orElseGet(models::defaultModel);
        return model.orElseGet(() -> {
            String known = models.names().stream().limit(NAMES_SHOWN).collect(Collectors.joining(", "));
            String which = known.isEmpty() ? "there is no model here" : "must be one of " + known;
            errors.add(new FieldError(
                    "model", which + name.map(n -> ", but was " + n).orElse("")));
            // The remaining fields are still checked, against limits that every model has.
            return new ModelDefaults.Defaults("", 8, 8, 1, 1, Sampler.EULER, 1, 1);
        });
    }

    private void size(List<FieldError> errors, int width, int height, ModelDefaults.Defaults model) {
        int multiple = model.sizeMultiple();
        long most = limits.maxPixels() / Math.max(1, multiple);
        for (var side : List.of(new Side("width", width), new Side("height", height))) {
            range(errors, side.name(), side.pixels(), multiple, most);
            expect(
                    errors,
                    side.pixels() % multiple == 0,
                    side.name(),
                    "must be a multiple of " + multiple + ", but was " + side.pixels());
        }
        expect(
                errors,
                (long) width * height <= limits.maxPixels(),
                "width",
                "× height must be at most " + limits.maxPixels() + " pixels, but was " + (long) width * height);
    }

    private record Side(String name, int pixels) {}

    private static Optional<OutputFormat> format(List<FieldError> errors, JobRequest r, int side) {
        Optional<OutputFormat.Kind> kind =
                r.format().map(OutputFormat.Kind::byName).orElse(Optional.of(OutputFormat.Kind.PNG));
        expect(
                errors,
                kind.isPresent(),
                "format",
                "must be one of " + OutputFormat.Kind.names() + ", but was "
                        + r.format().orElse(""));
        boolean fits = kind.isEmpty()
                || expect(
                        errors,
                        side <= kind.get().maxSide(),
                        "format",
                        "has room for at most "
                                + kind.map(OutputFormat.Kind::maxSide).orElse(0) + " pixels a side");
        boolean sensible = kind.isEmpty()
                || expect(
                        errors,
                        r.quality().isEmpty() || kind.get().isLossy(),
                        "quality",
                        "is only for formats with losses: webp, jpeg");
        int quality = r.quality().orElse(OutputFormat.DEFAULT_QUALITY);
        boolean inRange = range(errors, "quality", quality, 1, 100);
        return fits && sensible && inRange
                ? kind.map(it -> OutputFormat.of(it).withQuality(quality))
                : Optional.empty();
    }

    private Optional<FaultPlan> fault(List<FieldError> errors, JobRequest.FaultOrder order) {
        if (!faults) {
            errors.add(new FieldError("fault", "is only for a Drover that runs with drover.engine = fault"));
            return Optional.empty();
        }
        Optional<FaultPlan.Kind> kind = constant(FaultPlan.Kind.values(), order.kind(), errors, "fault.kind");
        Optional<Phase> phase = constant(Phase.values(), order.phase(), errors, "fault.phase");
        int step = order.step().orElse(0);
        int attempts = order.attempts().orElse(1);
        boolean stepFits = range(errors, "fault.step", step, 0, limits.maxSteps());
        boolean attemptsFit = range(errors, "fault.attempts", attempts, 0, MAX_FAULTY_ATTEMPTS);
        return stepFits && attemptsFit && kind.isPresent() && phase.isPresent()
                ? Optional.of(new FaultPlan(
                        kind.get(), phase.get(), step, order.heartbeats().orElse(false), attempts))
                : Optional.empty();
    }

    private void text(List<FieldError> errors, String field, String text) {
        expect(
                errors,
                text.length() <= limits.maxPromptChars(),
                field,
                "must be at most " + limits.maxPromptChars() + " characters, but was " + text.length());
    }

    private static boolean range(List<FieldError> errors, String field, long value, long least, long most) {
        return expect(
                errors,
                value >= least && value <= most,
                field,
                "must be " + least + " to " + most + ", but was " + value);
    }

    private static <E extends Enum<E>> Optional<E> constant(
            E[] values, String name, List<FieldError> errors, String field) {
        Optional<E> found = Arrays.stream(values)
                .filter(value -> Names.of(value).equals(name.toLowerCase(Locale.ROOT)))
                .findFirst();
        expect(
                errors,
                found.isPresent(),
                field,
                "must be one of " + Arrays.stream(values).map(Names::of).collect(Collectors.joining(", "))
                        + ", but was " + name);
        return found;
    }

    private static boolean expect(List<FieldError> errors, boolean holds, String field, String detail) {
        if (!holds) {
            errors.add(new FieldError(field, detail));
        }
        return holds;
    }
}
