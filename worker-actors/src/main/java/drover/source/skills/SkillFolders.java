package drover.source.skills;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;

/** Keeps the folders in view that skills come from. One look at a time; each blocks while it reads. */
public final class SkillFolders {
    private static final String FOLDER_WEIGHTS = "diffusion_pytorch_model.safetensors";

    private final SkillSettings settings;
    private Map<Path, String> seen = Map.of();
    private boolean looked;

    /** Folders of which nothing is known yet. */
    public SkillFolders(SkillSettings settings) {
        this.settings = settings;
    }

    /** What can be done now, if that may be something else than at the last look. */
    public Optional<Skills> look() {
        Map<Path, String> upscalers = files(settings.upscalers());
        Map<Path, String> nets = files(settings.controlNets());
        nets.putAll(folders(settings.controlNets()));
        Map<Path, String> all = new TreeMap<>(upscalers);
        all.putAll(nets);
        if (looked && all.equals(seen)) {
            return Optional.empty();
        }
        looked = true;
        seen = all;
        return Optional.of(new Skills(
                PostProcessors.look(upscalers.keySet()), ControlNets.look(nets.keySet()), settings.nodeHeap()));
    }

    private static Map<Path, String> files(Path folder) {
        return listed(
                folder, path -> Optional.of(path).filter(file -> file.toString().endsWith(Skills.WEIGHTS)));
    }

    private static Map<Path, String> folders(Path folder) {
        return listed(
                folder, path -> Optional.of(path).filter(Files::isDirectory).map(in -> in.resolve(FOLDER_WEIGHTS)));
    }

    /**
     * What is in a folder, each with how its file looks from outside.
     *
     * @param weights the file that a path stands for, if any
     */
    private static Map<Path, String> listed(Path folder, Function<Path, Optional<Path>> weights) {
        Map<Path, String> found = new TreeMap<>();
        if (!Files.isDirectory(folder)) {
            return found;
        }
        try (Stream<Path> all = Files.list(folder)) {
            all.forEach(path ->
                    weights.apply(path).flatMap(SkillFolders::looks).ifPresent(looks -> found.put(path, looks)));
            return found;
        } catch (IOException | UncheckedIOException e) {
            return new TreeMap<>(); // What cannot be read is not there to be used.
        }
    }

    private static Optional<String> looks(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return attributes.isRegularFile()
                    ? Optional.of(attributes.size() + " " + attributes.lastModifiedTime())
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
