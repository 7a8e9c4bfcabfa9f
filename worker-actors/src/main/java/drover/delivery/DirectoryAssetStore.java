package drover.delivery;

import drover.digest.Sha256;
import drover.inference.Artifact;
import drover.inference.AssetRef;
import drover.inference.AssetStore;
import drover.inference.AttemptId;
import drover.inference.JobId;
import drover.ledger.ResultRemoval;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Results as files below one folder: {@code <job>/<attempt>/<index>.<ending>}, and inputs of jobs as {@code
 * <job>/input/<name>.<ending>}. Written under a temporary name and
 * then renamed, so that whoever reads a file of a final name finds all of it; what {@link #put} has returned is on disk.
 */
public final class DirectoryAssetStore implements AssetStore, ResultRemoval {
    private static final String INPUTS = "input";
    private static final String THUMBNAIL = ".thumbnail.webp";
    private static final Pattern KEY = Pattern.compile(
            "[A-Za-z0-9_-]{1,64}/([0-9]{1,9}/[0-9]{1,9}|" + INPUTS + "/[a-z0-9-]{1,32})\\.[a-z0-9]{1,8}");

    private static final Pattern JOB = Pattern.compile("[A-Za-z0-9_-]{1,64}");

    private final Path folder;

    private DirectoryAssetStore(Path folder) {
        this.folder = folder;
    }

    /**
     * The store in this folder, which is made if it is not there.
     *
     * @throws IOException if it cannot be made or written to
     */
    public static DirectoryAssetStore open(Path folder) throws IOException {
        Files.createDirectories(folder);
        if (!Files.isWritable(folder)) {
            throw new IOException("results are to be kept in " + folder + ", but that folder cannot be written to");
        }
        return new DirectoryAssetStore(folder);
    }

    @Override
    public AssetRef put(AttemptId attempt, int index, Artifact artifact) throws IOException {
        String key = write(
                attempt.job(),
                Integer.toString(attempt.number()),
                Integer.toString(index),
                artifact.mediaType(),
                artifact.bytes());
        return new AssetRef(
                key,
                artifact.mediaType(),
                artifact.bytes().length,
                Sha256.of(artifact.bytes()),
                artifact.seed(),
                artifact.safety());
    }

    @Override
    public AssetRef putInput(JobId job, String name, String mediaType, byte[] bytes) throws IOException {
        String key = write(job, INPUTS, name, mediaType, bytes);
        return new AssetRef(key, mediaType, bytes.length, Sha256.of(bytes), 0);
    }

    private String write(JobId job, String part, String name, String mediaType, byte[] content) throws IOException {
        String key = job + "/" + part + "/" + name + "." + ending(mediaType);
        Path target = locate(key);
        Path ofJob = folder.resolve(job.value());
        Path parent = ofJob.resolve(part);
        make(ofJob);
        make(parent);
        // Nobody else writes results of this attempt, or inputs of this job, so the name needs no luck to be unique.
        Path temporary = parent.resolve(name + ".part");
        boolean whole = false;
        try (FileChannel channel = FileChannel.open(
                temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            // Renamed first and forced then: that is one commit of the file system's journal instead of two.
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            channel.force(true);
            whole = true;
        } finally {
            if (!whole) {
                Files.deleteIfExists(temporary);
            }
        }
        // The names have to be on disk as well, down from the folder that was there before.
        force(parent);
        force(ofJob);
        force(folder);
        return key;
    }

    @Override
    public void removeInputs(JobId job) throws IOException {
        if (!JOB.matcher(job.value()).matches()) {
            return;
        }
        Path ofJob = folder.resolve(job.value());
        removeTree(ofJob.resolve(INPUTS));
        if (Files.isDirectory(ofJob, LinkOption.NOFOLLOW_LINKS)) {
            try {
                Files.delete(ofJob);
            } catch (DirectoryNotEmptyException e) {
                return; // The job has results, so it was accepted; they go with it.
            }
        }
    }

    @Override
    public InputStream open(AssetRef ref) throws IOException {
        return Files.newInputStream(locate(ref.key()));
    }

    @Override
    public boolean holds(AssetRef ref) {
        try {
            requireFolder();
            return hasSize(ref);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean hasSize(AssetRef ref) throws IOException {
        try {
            return Files.size(locate(ref.key())) == ref.bytes();
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    @Override
    public Optional<byte[]> thumbnail(AssetRef of) throws IOException {
        try {
            return Optional.of(Files.readAllBytes(thumbnailOf(of)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Whole or not at all; not forced to the disk, because it can be made again. */
    @Override
    public void keepThumbnail(AssetRef of, byte[] file) throws IOException {
        Path target = thumbnailOf(of);
        Path temporary = Files.createTempFile(target.getParent(), "thumbnail", ".part");
        try {
            Files.write(temporary, file);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** Not a name that a key can have, so no result is ever taken for one. */
    private Path thumbnailOf(AssetRef of) throws IOException {
        Path result = locate(of.key());
        return result.resolveSibling(result.getFileName() + THUMBNAIL);
    }

    /** The files of attempts that were lost go too. */
    @Override
    public void removeAll(JobId job) throws IOException {
        requireFolder();
        if (JOB.matcher(job.value()).matches()) {
            removeTree(folder.resolve(job.value()));
        }
    }

    private static void removeTree(Path all) throws IOException {
        if (!Files.isDirectory(all, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (Stream<Path> files = Files.walk(all)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private void requireFolder() throws NoSuchFileException {
        if (!Files.isDirectory(folder)) {
            throw new NoSuchFileException(folder + " is not there; is its disk mounted?");
        }
    }

    /** A key comes from the ledger, but what it names must still lie below the folder. */
    private Path locate(String key) throws IOException {
        if (!KEY.matcher(key).matches()) {
            throw new NoSuchFileException(key, null, "not the key of a result");
        }
        return folder.resolve(key);
    }

    /** One level only: the store itself is not made again where it is gone, as when its disk is not mounted. */
    private static void make(Path directory) throws IOException {
        try {
            Files.createDirectory(directory);
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory)) {
                throw e;
            }
        }
    }

    private static void force(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static String ending(String mediaType) {
        return switch (mediaType) {
            case "image/png" -> "png";
            case "image/webp" -> "webp";
            case "image/jpeg" -> "jpg";
            default -> "bin";
        };
    }
}
