package drover.diffusion;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where an installation has its models.
 *
 * @param folders that are looked through, the first one first; a single model may be one of them
 * @param declarations a YAML file that says more of some models; the file need not exist
 */
public record ModelPlaces(List<Path> folders, Optional<Path> declarations) {
    /** No places at all. */
    public static final ModelPlaces NONE = new ModelPlaces(List.of(), Optional.empty());

    public ModelPlaces {
        folders = List.copyOf(folders);
    }

    /** A path as its owner has written it: below the first folder that has it, or absolute. */
    Path resolve(Path written) {
        return folders.stream()
                .map(folder -> folder.resolve(written))
                .filter(Files::exists)
                .findFirst()
                .orElseGet(
                        () -> folders.isEmpty() ? written : folders.getFirst().resolve(written))
                .toAbsolutePath()
                .normalize();
    }
}
