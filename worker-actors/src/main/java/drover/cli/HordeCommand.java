package drover.cli;

import drover.config.DroverConfig;
import drover.diffusion.ModelInfo;
import drover.node.EngineSettings;
import drover.source.AgentCapabilities;
import drover.source.HordeCheck;
import drover.source.HordeCheck.Finding;
import drover.source.HordeCheck.Level;
import drover.source.HordeSettings;
import drover.source.SkillCheck;
import drover.source.bridge.BridgeData;
import drover.source.bridge.BridgeProblem;
import drover.source.bridge.BridgeProblem.Severity;
import drover.source.bridge.BridgeReader;
import drover.source.bridge.BridgeReading;
import drover.source.bridge.BridgeSetting;
import drover.source.models.ModelReferenceStore;
import drover.source.models.ModelSelection;
import drover.source.skills.SkillFolders;
import drover.source.skills.Skills;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code drover horde}. */
@Command(
        name = "horde",
        description = "Work for the AI Horde.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class HordeCommand {
    private final Cli cli;

    HordeCommand(Cli cli) {
        this.cli = cli;
    }

    /** {@code drover horde check}. */
    @Command(
            name = "check",
            description = "Show what a worker's bridgeData.yaml comes to, and what would go wrong.",
            mixinStandardHelpOptions = true)
    final class Check implements Callable<Integer> {
        @Option(
                names = "--bridge-data",
                paramLabel = "FILE",
                description = "The file to look at, instead of those in drover.horde.bridge-data. Several are several"
                        + " workers.")
        private List<Path> files = List.of();

        @Option(names = "--offline", description = "Do not ask the Horde.")
        private boolean offline;

        @Mixin
        private final CommonOptions common = new CommonOptions();

        @Override
        public Integer call() {
            common.applyVerbosity();
            DroverConfig config = cli.config(common.config());
            HordeSettings settings = config.horde();
            ModelReferenceStore.Loaded reference = new ModelReferenceStore(
                            settings.referenceCopy(), settings.referenceAge(), Clock.systemUTC())
                    .load(settings.reference());
            Map<String, Path> onDisk = onDisk(config);
            Map<String, Path> names = new TreeMap<>();
            boolean failed = false;
            List<Path> all = files.isEmpty() ? settings.bridgeData() : files;
            if (offline) {
                for (Path file : all) {
                    failed |= check(file, config, reference, onDisk, names, _ -> HordeQuestions.Said.NOTHING);
                }
            } else {
                try (HordeQuestions questions = new HordeQuestions(settings.agent(), InstantSource.system())) {
                    for (Path file : all) {
                        failed |= check(file, config, reference, onDisk, names, questions::about);
                    }
                }
            }
            return failed ? Cli.FAILED : Cli.DONE;
        }

        private boolean check(
                Path file,
                DroverConfig config,
                ModelReferenceStore.Loaded reference,
                Map<String, Path> onDisk,
                Map<String, Path> names,
                Function<BridgeData, HordeQuestions.Said> horde) {
            BridgeReading reading = new BridgeReader(cli.environment()).read(file);
            HordeQuestions.Said said = reading.data().map(horde).orElse(HordeQuestions.Said.NOTHING);
            Optional<ModelSelection> selection = reading.data()
                    .map(data -> ModelSelection.of(
                            data.models(),
                            reference.reference(),
                            said.popularity(),
                            onDisk.keySet(),
                            model -> Files.exists(config.home().resolve(model.filepath()))));
            cli.out().println(file);
            settings(reading);
            selection.ifPresent(this::models);
            List<BridgeProblem> notes = reading.problems(Severity.NOTE);
            if (!notes.isEmpty()) {
                cli.out().println();
                notes.forEach(note -> cli.out().println(note));
            }
            cli.out().println();
            List<Finding> findings = new ArrayList<>(HordeCheck.of(
                    reading, selection, reference, config.nodes().safety().model(), freeBytes(config)));
            reading.data()
                    .ifPresent(data -> findings.addAll(SkillCheck.of(
                            data,
                            new SkillFolders(config.horde().skills()).look().orElse(Skills.NONE),
                            config.horde().skills(),
                            AgentCapabilities.of(config.horde().agent()))));
            reading.data().ifPresent(data -> findings.addAll(HordeCheck.custom(data, config.home(), onDisk)));
            findings.addAll(said.findings());
            findings.forEach(finding -> cli.out().println(mark(finding.level()) + finding.text()));
            boolean twice = reading.data().isPresent()
                    && names.putIfAbsent(reading.data().get().workerName(), file) != null;
            if (twice) {
                cli.out()
                        .println(mark(Level.FAILURE)
                                + "another file has the same dreamer_name; each worker needs its own");
            }
            cli.out().println();
            return twice || findings.stream().anyMatch(finding -> finding.level() == Level.FAILURE);
        }

        private void settings(BridgeReading reading) {
            if (reading.settings().isEmpty()) {
                return;
            }
            cli.out().println();
            TextTable table = new TextTable("KEY", "VALUE", "FROM");
            for (BridgeSetting setting : reading.settings()) {
                table.add(List.of(setting.key(), setting.value(), setting.origin()));
            }
            table.print(cli.out());
        }

        private void models(ModelSelection selection) {
            cli.out().println();
            TextTable table = new TextTable("MODELS_TO_LOAD", "COMES TO");
            for (ModelSelection.Entry entry : selection.load()) {
                table.add(List.of(
                        entry.written(), entry.models().isEmpty() ? "(nothing)" : String.join(", ", entry.models())));
            }
            table.print(cli.out());
        }
    }

    private static String mark(Level level) {
        return switch (level) {
            case OK -> "ok       ";
            case WARNING -> "warning  ";
            case FAILURE -> "FAILURE  ";
        };
    }

    /** The models that there are, each with its file or folder. */
    static Map<String, Path> onDisk(DroverConfig config) {
        return switch (config.nodes().engine()) {
            case EngineSettings.PyTorch _ ->
                ModelChoice.catalog(config).all().values().stream()
                        .collect(Collectors.toMap(ModelInfo::name, ModelInfo::path));
            case EngineSettings.Fault(var fault) ->
                fault.models().stream().collect(Collectors.toMap(name -> name, name -> config.home()));
        };
    }

    /** Of the disk of the first models folder, or of the folder that it would be made in. */
    private static OptionalLong freeBytes(DroverConfig config) {
        Path folder = config.models().folders().isEmpty()
                ? config.home()
                : config.models().folders().getFirst();
        while (Files.notExists(folder) && folder.getParent() != null) {
            folder = folder.getParent();
        }
        try {
            return OptionalLong.of(Files.getFileStore(folder).getUsableSpace());
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }
}
