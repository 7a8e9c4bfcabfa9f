package drover.diffusion;

import ai.djl.ndarray.types.DataType;
import drover.graph.Holding;
import drover.inference.EngineException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Looks at everything of a model, down to every number in its weights. */
public final class ModelCheck {
    private final ModelSource model;
    private final List<String> problems = new ArrayList<>();

    private ModelCheck(ModelSource model) {
        this.model = model;
    }

    /**
     * Opens every file: settings, headers, the shape and type of every tensor, whether the parts fit together, the
     * vocabularies, whether any number of the weights is NaN or infinite.
     *
     * @return one sentence for each thing that is wrong
     */
    public static List<String> problems(ModelSource model) {
        ModelCheck check = new ModelCheck(model);
        check.run();
        return check.problems.stream().distinct().toList();
    }

    @FunctionalInterface
    private interface Look<T> {
        T at() throws EngineException;
    }

    private <T> Optional<T> tried(Look<T> look) {
        try {
            return Optional.of(look.at());
        } catch (EngineException e) {
            problems.add(String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    private void run() {
        Optional<Architecture> architecture = tried(model::architecture);
        if (architecture.isEmpty()) {
            return;
        }
        tried(() -> NoiseSchedule.of(model.config("scheduler")));
        try (Closer opened = new Closer()) {
            List<Optional<ClipTextEncoder.Plan>> encoders = architecture.get().parts().stream()
                    .filter(part -> part.startsWith("text_encoder"))
                    .map(part -> opened(
                            opened,
                            () -> ClipTextEncoder.Plan.of(model, part, DataType.FLOAT32, Holding.AS_COMPUTED),
                            ClipTextEncoder.Plan::close))
                    .toList();
            Optional<UNet2DConditionModel.Plan> unet = opened(
                    opened,
                    () -> UNet2DConditionModel.Plan.of(model, "unet", DataType.FLOAT32, Holding.AS_COMPUTED),
                    UNet2DConditionModel.Plan::close);
            Optional<AutoencoderKL.Plan> vae = opened(
                    opened,
                    () -> AutoencoderKL.Plan.of(model, "vae", DataType.FLOAT32, Holding.AS_COMPUTED),
                    AutoencoderKL.Plan::close);
            if (encoders.stream().allMatch(Optional::isPresent) && unet.isPresent() && vae.isPresent()) {
                PromptEncoder.Plan text = new PromptEncoder.Plan(
                        model,
                        architecture.get(),
                        encoders.stream().flatMap(Optional::stream).toList());
                tried(() -> {
                    PipelineFit.check(
                            model, text, unet.get().config(), vae.get().config());
                    return text;
                });
            }
            vocabularies(encoders);
            Stream.of(
                            encoders.stream().flatMap(Optional::stream).map(ClipTextEncoder.Plan::network),
                            unet.stream().map(UNet2DConditionModel.Plan::network),
                            vae.stream().flatMap(it -> Stream.of(it.encoder(), it.decoder())))
                    .flatMap(networks -> networks)
                    .forEach(network ->
                            tried(network::complaint).flatMap(it -> it).ifPresent(problems::add));
        }
    }

    private <T> Optional<T> opened(Closer opened, Look<T> look, Consumer<T> close) {
        Optional<T> found = tried(look);
        found.ifPresent(it -> opened.add(it, close));
        return found;
    }

    private void vocabularies(List<Optional<ClipTextEncoder.Plan>> encoders) {
        List<String> parts =
                Stream.of("tokenizer", "tokenizer_2").limit(encoders.size()).toList();
        for (int i = 0; i < parts.size(); i++) {
            String part = parts.get(i);
            Optional<ClipTextConfig> encoder = encoders.get(i).map(ClipTextEncoder.Plan::config);
            tried(() -> {
                try (ClipTokenizer tokenizer = ClipTokenizer.open(model.tokenizer(part))) {
                    if (encoder.isPresent()
                            && tokenizer.endId() >= encoder.get().vocabulary()) {
                        throw new EngineException.BadModel(model.tokenizer(part) + " has a token of the id "
                                + tokenizer.endId() + ", but the text encoder of " + model.path() + " knows "
                                + encoder.get().vocabulary() + " tokens; it belongs to another model");
                    }
                    return part;
                }
            });
        }
    }
}
