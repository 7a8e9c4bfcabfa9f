package drover.chaos;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A small disk of its own for a folder, that can be filled. In truth memory: a tmpfs. Needs root. */
final class Disk implements AutoCloseable {
    private static final String FILLER = "filler.chaos";
    private static final int CHUNK = 64 * 1024;

    private final Path folder;

    private Disk(Path folder) {
        this.folder = folder;
    }

    /** Why there can be none on this machine; empty if there can. */
    static Optional<String> obstacle(Path trial) {
        if (!System.getProperty("user.name").equals("root")) {
            return Optional.of("mounting a tmpfs needs root");
        }
        try (Disk _ = mount(Files.createDirectories(trial), "64k")) {
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of("a tmpfs cannot be mounted: " + e.getMessage());
        }
    }

    /**
     * Puts one on this folder, which is empty.
     *
     * @param size such as {@code 64m}
     */
    static Disk mount(Path folder, String size) throws IOException {
        Tool.run("mount", "-t", "tmpfs", "-o", "mode=700,size=" + size, "drover-chaos", folder.toString());
        return new Disk(folder);
    }

    /** Leaves no room. */
    void fill() throws IOException {
        byte[] nothing = new byte[CHUNK];
        try (OutputStream out = Files.newOutputStream(folder.resolve(FILLER))) {
            while (true) {
                out.write(nothing);
            }
        } catch (IOException e) {
            // That is what was wanted. What is left of the last chunk:
            if (Files.getFileStore(folder).getUsableSpace() > CHUNK) {
                throw e;
            }
        }
    }

    /** Undoes {@link #fill}. */
    void free() throws IOException {
        Files.deleteIfExists(folder.resolve(FILLER));
    }

    /** Takes it away, with all that is on it. */
    @Override
    public void close() throws IOException {
        // Detached at once, and gone when the last process that looks at it has ended.
        Tool.run("umount", "--lazy", folder.toString());
    }
}
