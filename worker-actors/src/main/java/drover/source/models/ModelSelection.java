package drover.source.models;

import drover.setting.NearestKey;
import drover.source.bridge.BridgeData;
import drover.source.bridge.CustomModel;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What {@code models_to_load} and {@code models_to_skip} come to. Words are resolved first, what is to be skipped is taken
 * away then and not made up for, custom models come last. Only what is on disk is ready to be offered.
 *
 * @param load each entry of {@code models_to_load} with what it means
 * @param skip each entry of {@code models_to_skip} with what it means
 * @param chosen the models that are meant, in the order of the entries
 * @param ready those of them that are on disk
 */
public record ModelSelection(List<Entry> load, List<Entry> skip, List<String> chosen, List<String> ready) {
    /** The remark on an entry that needs the server's statistics, which are not there yet. */
    public static final String NOT_YET = "is resolved once the Horde has been asked for its statistics";

    public ModelSelection {
        load = List.copyOf(load);
        skip = List.copyOf(skip);
        chosen = List.copyOf(chosen);
        ready = List.copyOf(ready);
    }

    /**
     * What an entry means.
     *
     * @param written as the file has it
     * @param models what it comes to, before anything is skipped
     * @param remarks for its owner: why it is nothing, or less than it says
     */
    public record Entry(String written, List<String> models, List<String> remarks) {
        public Entry {
            models = List.copyOf(models);
            remarks = List.copyOf(remarks);
        }
    }

    /** The models that are meant but not on disk. */
    public List<String> missing() {
        return chosen.stream().filter(name -> !ready.contains(name)).toList();
    }

    /**
     * Finds out what is meant.
     *
     * @param wanted the keys of the file
     * @param reference the models there are; without it, names are taken as they are and words mean nothing
     * @param popularity how often the Horde used each model; without it, TOP and BOTTOM mean nothing
     * @param onDisk the names of the models on disk; case does not matter
     * @param isThere whether a custom model's file is there
     */
    public static ModelSelection of(
            BridgeData.Models wanted,
            Optional<ModelReference> reference,
            Optional<ModelPopularity> popularity,
            Collection<String> onDisk,
            Predicate<CustomModel> isThere) {
        Resolver resolver = new Resolver(wanted, reference, popularity);
        List<Entry> load = wanted.load().stream().map(resolver::load).toList();
        List<Entry> skip = wanted.skip().stream().map(resolver::skip).toList();
        Set<String> chosen = new LinkedHashSet<>();
        load.forEach(entry -> chosen.addAll(entry.models()));
        wanted.custom().forEach(model -> chosen.add(model.name()));
        skip.forEach(entry -> chosen.removeAll(entry.models()));

        Set<String> there = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        there.addAll(onDisk);
        wanted.custom().stream().filter(isThere).forEach(model -> there.add(model.name()));
        return new ModelSelection(
                load,
                skip,
                List.copyOf(chosen),
                chosen.stream().filter(there::contains).toList());
    }

    private record Resolver(
            BridgeData.Models wanted, Optional<ModelReference> reference, Optional<ModelPopularity> popularity) {

        Entry load(String entry) {
            return resolve(entry, true);
        }

        /** What is to be skipped may be large or unknown: that it is not there is what is wanted. */
        Entry skip(String entry) {
            Entry resolved = resolve(entry, false);
            return resolved.models().isEmpty() && ModelWord.parse(entry) instanceof ModelWord.Name(String name)
                    ? new Entry(entry, List.of(name), List.of())
                    : resolved;
        }

        private Entry resolve(String entry, boolean sparing) {
            return switch (ModelWord.parse(entry)) {
                case ModelWord.Name(String name) -> named(entry, name);
                case ModelWord.All(ModelWord.Kind kind) ->
                    reference
                            .map(known -> spared(
                                    entry,
                                    known.all().stream()
                                            .filter(kind::holds)
                                            .map(ReferenceModel::name)
                                            .toList(),
                                    known,
                                    sparing))
                            .orElseGet(() -> nothing(entry, "cannot be resolved without the model reference"));
                case ModelWord.Top(int count) -> ranked(entry, count, true, sparing);
                case ModelWord.Bottom(int count) -> ranked(entry, count, false, sparing);
            };
        }

        private static Entry nothing(String entry, String remark) {
            return new Entry(entry, List.of(), List.of(remark));
        }

        private Entry named(String entry, String name) {
            if (wanted.custom().stream().anyMatch(model -> model.name().equals(name)) || reference.isEmpty()) {
                return new Entry(entry, List.of(name), List.of());
            }
            ModelReference known = reference.get();
            if (known.find(name).isPresent()) {
                return new Entry(entry, List.of(name), List.of());
            }
            List<String> names = known.all().stream().map(ReferenceModel::name).toList();
            List<String> sameLetters =
                    names.stream().filter(name::equalsIgnoreCase).toList();
            if (sameLetters.size() == 1) {
                return new Entry(entry, sameLetters, List.of("is written " + sameLetters.getFirst()));
            }
            Stream<String> words = Stream.of(
                    "ALL MODELS",
                    "ALL SD15 MODELS",
                    "ALL SD21 MODELS",
                    "ALL SDXL MODELS",
                    "ALL SFW MODELS",
                    "ALL NSFW MODELS",
                    "ALL INPAINTING MODELS");
            return nothing(
                    entry,
                    "is not in the model reference"
                            + NearestKey.to(
                                            name,
                                            Stream.concat(names.stream(), words).toList())
                                    .map(near -> "; did you mean " + near + "?")
                                    .orElse("; a model of your own belongs into custom_models"));
        }

        private Entry ranked(String entry, int count, boolean most, boolean sparing) {
            if (popularity.isEmpty() || reference.isEmpty()) {
                return nothing(
                        entry, popularity.isEmpty() ? NOT_YET : "cannot be resolved without the model reference");
            }
            List<String> ranked =
                    most ? popularity.get().top(count) : popularity.get().bottom(count);
            return spared(entry, ranked, reference.get(), sparing);
        }

        private Entry spared(String entry, List<String> names, ModelReference known, boolean sparing) {
            Map<String, List<String>> leftOut = new LinkedHashMap<>();
            List<String> models = new ArrayList<>();
            for (String name : names) {
                Optional<ReferenceModel> model = known.find(name);
                if (model.isEmpty()) {
                    leftOut.computeIfAbsent("not in the model reference", k -> new ArrayList<>())
                            .add(name);
                } else if (sparing && !wanted.large() && model.get().baseline().large()) {
                    leftOut.computeIfAbsent("too large without load_large_models", k -> new ArrayList<>())
                            .add(name);
                } else {
                    models.add(name);
                }
            }
            List<String> remarks = new ArrayList<>();
            leftOut.forEach((why, which) -> remarks.add("without " + String.join(", ", which) + ": " + why));
            if (models.isEmpty() && remarks.isEmpty()) {
                remarks.add("the model reference has no such models");
            }
            return new Entry(entry, models, remarks);
        }
    }
}
