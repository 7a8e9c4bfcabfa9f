package drover.cli;

import drover.digest.Sha256;
import drover.inference.Artifact;
import drover.inference.AssetRef;
import drover.inference.AssetStore;
import drover.inference.AttemptId;
import drover.inference.JobId;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Results as files beside each other: {@code apple.png}, {@code apple-2.png}, {@code apple-3.png}. Inputs are kept in
 * memory; their one job is over when the process is.
 */
final class OutputFiles implements AssetStore {
    private static final String INPUTS = "input:";

    private final Path first;
    private final Map<String, byte[]> inputs = new ConcurrentHashMap<>();

    /**
     * @param first the file of the first result; its folder exists
     */
    OutputFiles(Path first) {
        this.first = first.toAbsolutePath();
    }

    /** The file of a result, counted from 0. */
    Path file(int index) {
        String name = first.getFileName().toString();
        int dot = name.lastIndexOf('.') > 0 ? name.lastIndexOf('.') : name.length();
        return index == 0
                ? first
                : first.resolveSibling(name.substring(0, dot) + "-" + (index + 1) + name.substring(dot));
    }

    @Override
    public AssetRef put(AttemptId attempt, int index, Artifact artifact) throws IOException {
        Path file = file(index);
        Path unfinished = Files.createTempFile(first.getParent(), "." + first.getFileName(), ".part");
        try {
            try (FileChannel channel = FileChannel.open(unfinished, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(artifact.bytes());
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(unfinished);
        }
        return new AssetRef(
                file.toString(),
                artifact.mediaType(),
                artifact.bytes().length,
                Sha256.of(artifact.bytes()),
                artifact.seed(),
                artifact.safety());
    }

    @Override
    public AssetRef putInput(JobId job, String name, String mediaType, byte[] bytes) {
        String key = INPUTS + name;
        inputs.put(key, bytes);
        return new AssetRef(key, mediaType, bytes.length, Sha256.of(bytes), 0);
    }

    @Override
    public void removeInputs(JobId job) {
        inputs.clear();
    }

    @Override
    public InputStream open(AssetRef ref) throws IOException {
        byte[] input = inputs.get(ref.key());
        return input != null ? new ByteArrayInputStream(input) : Files.newInputStream(Path.of(ref.key()));
    }

    @Override
    public boolean holds(AssetRef ref) {
        try {
            return inputs.containsKey(ref.key()) || Files.size(Path.of(ref.key())) == ref.bytes();
        } catch (IOException e) {
            return false;
        }
    }
}
