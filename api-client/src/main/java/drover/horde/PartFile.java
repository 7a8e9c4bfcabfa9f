package drover.horde;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * What is there so far of a file that is being downloaded: {@code NAME.part}, and in {@code NAME.part.version} which
 * version of the file it is a part of, in the sender's words. It lasts over restarts. Every method may block.
 */
final class PartFile {
    private static final int MAX_VERSION = 1_000;

    private final Path target;
    private final Path part;
    private final Path version;

    /**
     * A part of this file.
     *
     * @param target where the whole of it will be
     */
    PartFile(Path target) {
        this.target = target;
        this.part = target.resolveSibling(target.getFileName() + ".part");
        this.version = target.resolveSibling(target.getFileName() + ".part.version");
    }

    /**
     * Where to go on.
     *
     * @param bytes that are there
     * @param version of which version, an ETag or a date
     */
    record Resume(long bytes, String version) {}

    Path path() {
        return part;
    }

    /** Where to go on, if something is there and it is known of what. */
    Optional<Resume> resume() throws IOException {
        try {
            long bytes = Files.size(part);
            String known =
                    Files.size(version) > MAX_VERSION ? "" : Files.readString(version, StandardCharsets.US_ASCII);
            return bytes == 0 || known.isEmpty() ? Optional.empty() : Optional.of(new Resume(bytes, known));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Begins anew, with nothing. */
    void begin(Optional<String> ofVersion) throws IOException {
        drop();
        Path folder = target.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        if (ofVersion.filter(text -> text.length() <= MAX_VERSION).isPresent()) {
            Files.writeString(version, ofVersion.get(), StandardCharsets.US_ASCII);
        }
        Files.createFile(part);
    }

    /** Forgets what is there. The version goes first: a part without one is never gone on with. */
    void drop() throws IOException {
        Files.deleteIfExists(version);
        Files.deleteIfExists(part);
    }

    long bytes() throws IOException {
        return Files.exists(part) ? Files.size(part) : 0;
    }

    /** SHA-256 of what is there, in small hexadecimal digits. */
    String sha256() throws IOException {
        MessageDigest digest = digest();
        byte[] buffer = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(part)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** It is whole and good: from now on it has its name. */
    void finish() throws IOException {
        try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Files.deleteIfExists(version);
    }

    /** How much more fits on its disk. */
    long usableSpace() throws IOException {
        Path folder = target.toAbsolutePath().getParent();
        while (folder != null && !Files.exists(folder)) {
            folder = folder.getParent();
        }
        return folder == null ? Long.MAX_VALUE : Files.getFileStore(folder).getUsableSpace();
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
