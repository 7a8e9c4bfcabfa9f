package drover.source;

import drover.source.bridge.BridgeData;
import drover.source.bridge.BridgeProblem.Severity;
import drover.source.bridge.BridgeReading;
import drover.source.bridge.CustomModel;
import drover.source.models.ModelReference;
import drover.source.models.ModelReferenceStore;
import drover.source.models.ModelSelection;
import drover.source.models.ReferenceModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Says before the start what would go wrong with a worker, as far as this machine alone can tell. */
public final class HordeCheck {
    private static final double GIBI = 1024.0 * 1024 * 1024;
    private static final int SHOWN = 8;

    private final List<Finding> findings = new ArrayList<>();

    /** How bad something is. */
    public enum Level {
        OK,
        WARNING,
        /** No job can be taken, or none can be ended. */
        FAILURE
    }

    /**
     * Something that was found.
     *
     * @param text in words for the operator, with what to do
     */
    public record Finding(Level level, String text) {}

    private HordeCheck() {}

    /**
     * Looks at one worker.
     *
     * @param reading its file
     * @param selection what its models come to; empty if its file cannot be used
     * @param loaded the model reference
     * @param checker where a safety checker is to be
     * @param freeBytes of the disk that its models are on
     */
    public static List<Finding> of(
            BridgeReading reading,
            Optional<ModelSelection> selection,
            ModelReferenceStore.Loaded loaded,
            Optional<Path> checker,
            OptionalLong freeBytes) {
        HordeCheck check = new HordeCheck();
        check.file(reading);
        reading.data().ifPresent(check::account);
        check.checker(checker);
        loaded.trouble().ifPresent(trouble -> check.add(Level.WARNING, trouble));
        selection.ifPresent(models -> {
            check.entries(models);
            check.models(models);
            check.disk(models, loaded.reference(), freeBytes);
        });
        return List.copyOf(check.findings);
    }

    /**
     * Looks at a worker's own models.
     *
     * @param home to which their paths are relative
     * @param onDisk the models that the nodes have, each with its file or folder
     */
    public static List<Finding> custom(BridgeData data, Path home, Map<String, Path> onDisk) {
        HordeCheck check = new HordeCheck();
        for (CustomModel model : data.models().custom()) {
            Path file = home.resolve(model.filepath()).toAbsolutePath().normalize();
            Optional<Path> found = Optional.ofNullable(onDisk.get(model.onNodes()));
            String about = "custom_models: " + model.name() + ": ";
            if (Files.notExists(file)) {
                check.add(Level.WARNING, about + "there is no " + file);
            } else if (found.isEmpty()) {
                check.add(
                        Level.WARNING,
                        about + file
                                + " is no model that the nodes can run; ./drover models list shows those that are");
            } else if (!found.get().toAbsolutePath().normalize().equals(file)) {
                check.add(
                        Level.FAILURE,
                        about + file + " is called like " + found.get() + ", which would be used instead; rename one");
            } else {
                check.add(
                        Level.OK,
                        about + file + "; the Horde gives work for it only to accounts with the customizer role");
            }
        }
        return List.copyOf(check.findings);
    }

    private void add(Level level, String text) {
        findings.add(new Finding(level, text));
    }

    private void file(BridgeReading reading) {
        reading.problems(Severity.ERROR).forEach(problem -> add(Level.FAILURE, problem.toString()));
        reading.problems(Severity.WARNING).forEach(problem -> add(Level.WARNING, problem.toString()));
    }

    private void account(BridgeData data) {
        if (data.hasAccount()) {
            add(Level.OK, "there is an API key");
        } else {
            add(
                    Level.FAILURE,
                    "api_key is the anonymous key, with which nobody may run a worker; register at the Horde and put your"
                            + " key there");
        }
        if (data.hasName()) {
            add(Level.OK, "the worker is called " + data.workerName());
        } else {
            add(
                    Level.FAILURE,
                    "dreamer_name is still \"" + data.workerName()
                            + "\"; take a name that no other worker of the Horde has");
        }
    }

    private void checker(Optional<Path> folder) {
        if (folder.isEmpty()) {
            add(
                    Level.FAILURE,
                    "nobody looks at pictures, and what was not looked at is not sent to the Horde, so no job is taken;"
                            + " put a safety checker's folder into drover.safety.model");
        } else if (!Files.isDirectory(folder.get())) {
            add(Level.FAILURE, "drover.safety.model is " + folder.get() + ", which is no folder");
        } else {
            add(Level.OK, "pictures are looked at by " + folder.get());
        }
    }

    private void entries(ModelSelection models) {
        for (ModelSelection.Entry entry : models.load()) {
            entry.remarks().forEach(remark -> add(Level.WARNING, "models_to_load: " + entry.written() + ": " + remark));
        }
        for (ModelSelection.Entry entry : models.skip()) {
            entry.remarks().forEach(remark -> add(Level.WARNING, "models_to_skip: " + entry.written() + ": " + remark));
        }
    }

    private void models(ModelSelection models) {
        if (!models.ready().isEmpty()) {
            add(Level.OK, "on disk and offered: " + list(models.ready()));
        } else if (models.load().stream().anyMatch(entry -> entry.remarks().contains(ModelSelection.NOT_YET))) {
            add(Level.WARNING, "which models are offered is not known before the Horde has been asked");
        } else {
            add(
                    Level.FAILURE,
                    "none of the models in models_to_load is on disk, so no job can be taken; ./drover models list shows"
                            + " what is");
        }
        if (!models.missing().isEmpty()) {
            add(Level.WARNING, "not on disk and so not offered: " + list(models.missing()));
        }
    }

    private void disk(ModelSelection models, Optional<ModelReference> reference, OptionalLong freeBytes) {
        if (models.missing().isEmpty() || reference.isEmpty()) {
            return;
        }
        long needed = 0;
        int unknown = 0;
        for (String name : models.missing()) {
            OptionalLong bytes =
                    reference.get().find(name).map(ReferenceModel::bytes).orElse(OptionalLong.empty());
            needed += bytes.orElse(0);
            unknown += bytes.isPresent() ? 0 : 1;
        }
        String rest = unknown == 0 ? "" : ", and " + unknown + " of unknown size";
        String text = "the missing models take %.1f GiB%s".formatted(needed / GIBI, rest);
        if (freeBytes.isEmpty()) {
            add(Level.WARNING, text + "; how much is free on the disk could not be found out");
        } else if (needed > freeBytes.getAsLong()) {
            add(
                    Level.WARNING,
                    text
                            + ", but only %.1f GiB are free; make room or choose fewer"
                                    .formatted(freeBytes.getAsLong() / GIBI));
        } else {
            add(Level.OK, text + "; %.1f GiB are free".formatted(freeBytes.getAsLong() / GIBI));
        }
    }

    private static String list(List<String> names) {
        String shown = String.join(", ", names.subList(0, Math.min(SHOWN, names.size())));
        return names.size() <= SHOWN ? shown : shown + " and " + (names.size() - SHOWN) + " more";
    }
}
