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
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** What the public API may be asked for: the models on disk, or those that the fault engine claims to have. */
final class InstalledModels implements ModelDefaults {
    /** The fault engine draws test cards of any size; these are the ones it draws when nobody says more. */
    private static final Defaults TEST_CARD = new Defaults("", 64, 64, 8, 20, Sampler.EULER, 5, 1);

    private final Optional<String> defaultModel;
    private final Supplier<Known> look;
    private volatile Known known;

    /** What there is at one time. */
    private interface Known {
        Optional<Defaults> byName(String name);

        List<String> names();
    }

    private InstalledModels(Optional<String> defaultModel, Known known, Supplier<Known> look) {
        this.defaultModel = defaultModel;
        this.known = known;
        this.look = look;
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
                        config.models(), config.nodes().cacheDir());
                yield new InstalledModels(
                        config.defaultModel().or(() -> Optional.of(BundledModel.NAME)),
                        onDisk(catalog),
                        () -> onDisk(catalog.again()));
            }
            case EngineSettings.Fault(var fault) -> {
                Map<String, Defaults> models = fault.models().stream()
                        .collect(Collectors.toUnmodifiableMap(name -> name, InstalledModels::testCard));
                Known claimed = known(models, name -> Optional.ofNullable(models.get(name)));
                yield new InstalledModels(
                        config.defaultModel()
                                .or(() -> fault.models().stream().sorted().findFirst()),
                        claimed,
                        () -> claimed);
            }
        };
    }

    private static Known onDisk(ModelCatalog catalog) {
        Map<String, Defaults> models = catalog.all().values().stream()
                .collect(Collectors.toUnmodifiableMap(ModelInfo::name, InstalledModels::defaults));
        return known(models, name -> catalog.find(name).map(ModelInfo::name).map(models::get));
    }

    private static Known known(Map<String, Defaults> models, Function<String, Optional<Defaults>> byName) {
        List<String> names = models.keySet().stream().sorted().toList();
        return new Known() {
            @Override
            public Optional<Defaults> byName(String name) {
                return byName.apply(name);
            }

            @Override
            public List<String> names() {
                return names;
            }
        };
    }

    /** Looks again for models; reads files. */
    void lookAgain() {
        known = look.get();
    }

    @Override
    public Optional<Defaults> byName(String name) {
        return known.byName(name);
    }

    @Override
    public Optional<Defaults> defaultModel() {
        return defaultModel.flatMap(this::byName);
    }

    @Override
    public List<String> names() {
        return known.names();
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
                model.clipSkip());
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
