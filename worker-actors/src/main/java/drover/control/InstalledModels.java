package drover.control;

import drover.config.DroverConfig;
import drover.diffusion.BundledModel;
import drover.diffusion.ModelCatalog;
import drover.diffusion.ModelInfo;
import drover.http.ModelDefaults;
import drover.inference.Sampler;
import drover.node.EngineSettings;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What the public API may be asked for: the models on disk, or those that the fault engine claims to have. */
final class InstalledModels implements ModelDefaults {
    /** The fault engine draws test cards of any size; these are the ones it draws when nobody says more. */
    private static final Defaults TEST_CARD = new Defaults("", 64, 64, 8, 20, Sampler.EULER, 5, 1);

    private final Map<String, Defaults> models;
    private final Optional<String> defaultModel;
    private final Function<String, Optional<String>> spelling;

    private InstalledModels(
            Map<String, Defaults> models, Optional<String> defaultModel, Function<String, Optional<String>> spelling) {
        this.models = models;
        this.defaultModel = defaultModel;
        this.spelling = spelling;
    }

    /**
     * Looks for models; unpacks the bundled one if need be.
     *
     * @throws IOException if the bundled model cannot be unpacked
     */
    static InstalledModels of(DroverConfig config) throws IOException {
        return switch (config.nodes().engine()) {
            case EngineSettings.PyTorch _ -> {
                ModelCatalog catalog = ModelCatalog.ofInstallation(
                        config.modelFolders(), config.nodes().cacheDir());
                yield new InstalledModels(
                        catalog.all().values().stream()
                                .collect(Collectors.toUnmodifiableMap(ModelInfo::name, InstalledModels::defaults)),
                        config.defaultModel().or(() -> Optional.of(BundledModel.NAME)),
                        name -> catalog.find(name).map(ModelInfo::name));
            }
            case EngineSettings.Fault(var fault) ->
                new InstalledModels(
                        fault.models().stream()
                                .collect(Collectors.toUnmodifiableMap(name -> name, InstalledModels::testCard)),
                        config.defaultModel()
                                .or(() -> fault.models().stream().sorted().findFirst()),
                        name -> Optional.of(name).filter(fault.models()::contains));
        };
    }

    @Override
    public Optional<Defaults> byName(String name) {
        return spelling.apply(name).map(models::get);
    }

    @Override
    public Optional<Defaults> defaultModel() {
        return defaultModel.flatMap(this::byName);
    }

    @Override
    public List<String> names() {
        return models.keySet().stream().sorted().toList();
    }

    private static Defaults defaults(ModelInfo model) {
        return new Defaults(
                model.name(),
                model.width(),
                model.height(),
                model.latentFactor(),
                model.steps(),
                model.sampler(),
                model.cfgScale(),
                1);
    }

    private static Defaults testCard(String name) {
        return new Defaults(
                name,
                TEST_CARD.width(),
                TEST_CARD.height(),
                TEST_CARD.sizeMultiple(),
                TEST_CARD.steps(),
                TEST_CARD.sampler(),
                TEST_CARD.cfgScale(),
                TEST_CARD.clipSkip());
    }
}
