package drover.cli;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Puts files and folders into a models folder, each in one go: whoever looks there sees all of it or nothing. */
final class ModelPlacing {
    private final Path folder;
    private final boolean links;

    /**
     * @param folder made if it is not there
     * @param links whether to link to what is put there, rather than to copy it
     */
    ModelPlacing(Path folder, boolean links) throws IOException {
        this.folder = Files.createDirectories(folder);
        this.links = links;
    }

    /**
     * Puts one file or folder.
     *
     * @throws FileAlreadyExistsException if something is there
     */
    void put(Path source, Path target) throws IOException {
        if (Files.exists(target)) {
            throw new FileAlreadyExistsException(target.toString(), null, "move it away first");
        }
        if (links) {
            link(source.toRealPath(), target);
            return;
        }
        // Names that begin with a point are no models to anybody.
        Path unfinished = Files.createTempDirectory(folder, ".adding-");
        try {
            Path copy = unfinished.resolve("model");
            copy(source, copy);
            Files.move(copy, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            remove(unfinished);
        }
    }

    private void link(Path source, Path target) throws IOException {
        if (Files.isRegularFile(source) && Files.getFileStore(source).equals(Files.getFileStore(folder))) {
            Files.createLink(target, source);
        } else {
            Files.createSymbolicLink(target, source);
        }
    }

    private static void copy(Path source, Path copy) throws IOException {
        for (Path from : below(source)) {
            Path to = from.equals(source) ? copy : copy.resolve(source.relativize(from));
            if (Files.isDirectory(from)) {
                Files.createDirectory(to);
            } else if (Files.isRegularFile(from)) {
                Files.copy(from, to);
            }
        }
    }

    private static void remove(Path unfinished) throws IOException {
        for (Path path : below(unfinished).reversed()) {
            Files.delete(path);
        }
    }

    private static List<Path> below(Path path) throws IOException {
        try (Stream<Path> all = Files.walk(path)) {
            return all.sorted(Comparator.naturalOrder()).toList();
        }
    }
}
