package drover.chaos;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folder of a run. Its name carries the process id of who made it, and the command line of every process that the run
 * starts names a file in it: so everything of a run can be found, also of one that was killed.
 */
final class Premises implements AutoCloseable {
    private static final String PREFIX = "drover-chaos-";
    /** There as long as the run goes on: a folder that was kept on purpose has none. */
    private static final String MARK = "running";

    private static final Pattern NAME = Pattern.compile(PREFIX + "(\\d+)-.*");

    private final Path folder;

    private Premises(Path folder) {
        this.folder = folder;
    }

    static Premises in(Path parent) throws IOException {
        return new Premises(Files.createTempDirectory(
                parent, PREFIX + ProcessHandle.current().pid() + "-"));
    }

    Path folder() {
        return folder;
    }

    /** A folder within, made if it is not there. */
    Path folder(String name) throws IOException {
        return Files.createDirectories(folder.resolve(name));
    }

    /** The processes that have to do with this folder, or one within. */
    static List<ProcessHandle> processesOf(Path folder) {
        String name = folder + "/"; // Not the folder of another whose name only begins like it.
        return ProcessHandle.allProcesses()
                .filter(process -> process.pid() != ProcessHandle.current().pid())
                .filter(process -> commandLine(process).contains(name))
                .toList();
    }

    /** Not {@link ProcessHandle.Info#commandLine}, which is cut after a few thousand characters. */
    private static String commandLine(ProcessHandle process) {
        try {
            return Files.readString(
                    Path.of("/proc", Long.toString(process.pid()), "cmdline"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return ""; // It has ended.
        }
    }

    /**
     * Ends and removes what runs that were killed have left: processes, mounts, folders.
     *
     * @return the folders removed
     */
    static List<Path> removeRemains(Path parent) throws IOException {
        List<Path> dead = new ArrayList<>();
        try (Stream<Path> all = Files.list(parent)) {
            for (Path folder : all.toList()) {
                Matcher name = NAME.matcher(String.valueOf(folder.getFileName()));
                if (name.matches()
                        && ProcessHandle.of(Long.parseLong(name.group(1))).isEmpty()
                        && Files.isWritable(folder)
                        && Files.exists(folder.resolve(MARK))) {
                    dead.add(folder);
                }
            }
        }
        for (Path folder : dead) {
            processesOf(folder).forEach(ProcessHandle::destroyForcibly);
            for (Path mount : mountsBelow(folder)) {
                Tool.run("umount", "--lazy", mount.toString());
            }
            remove(folder);
        }
        return dead;
    }

    Premises begin() throws IOException {
        Files.createFile(folder.resolve(MARK));
        return this;
    }

    /** The folder stays, as it is. */
    void keep() throws IOException {
        Files.deleteIfExists(folder.resolve(MARK));
    }

    private static List<Path> mountsBelow(Path folder) throws IOException {
        try (Stream<String> mounts = Files.lines(Path.of("/proc/mounts"))) {
            return mounts.map(line -> Path.of(line.split(" ", 3)[1]))
                    .filter(mount -> mount.startsWith(folder))
                    .toList();
        }
    }

    /** Removes the folder, unless it is {@linkplain #keep kept}. Disks in it must have been taken away. */
    @Override
    public void close() throws IOException {
        if (Files.exists(folder.resolve(MARK))) {
            remove(folder);
        }
    }

    private static void remove(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
