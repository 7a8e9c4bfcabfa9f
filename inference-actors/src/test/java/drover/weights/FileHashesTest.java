package drover.weights;

import static org.assertj.core.api.Assertions.assertThat;

import drover.diffusion.ModelFiles;
import drover.digest.Sha256;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileHashesTest {
    private static final String OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    @TempDir
    Path folder;

    @Test
    void aFileIsReadOnceAndKnownWhileItIsAsItWas() throws Exception {
        Path file = Files.writeString(folder.resolve("a"), "abc");
        Path cache = folder.resolve("cache/hashes.json");
        FileHashes first = FileHashes.open(cache);
        assertThat(first.known(file)).isEmpty();
        assertThat(first.of(file)).isEqualTo(OF_ABC);
        first.save();

        FileTime time = Files.getLastModifiedTime(file);
        Files.writeString(file, "xyz");
        Files.setLastModifiedTime(file, time);
        FileHashes second = FileHashes.open(cache);
        assertThat(second.of(file)).as("known by path, size and time").isEqualTo(OF_ABC);
        assertThat(second.read(file)).isNotEqualTo(OF_ABC);
        assertThat(second.of(file)).isNotEqualTo(OF_ABC);

        Files.writeString(file, "abc");
        Files.setLastModifiedTime(file, FileTime.fromMillis(time.toMillis() + 5000));
        assertThat(second.known(file)).isEmpty();
        assertThat(second.of(file)).isEqualTo(OF_ABC);
    }

    @Test
    void aDamagedCacheIsBegunAnewAndWhatIsGoneIsForgotten() throws Exception {
        Path cache = Files.writeString(folder.resolve("hashes.json"), "{]");
        FileHashes hashes = FileHashes.open(cache);
        Path file = Files.writeString(folder.resolve("a"), "abc");
        Path copy = Files.copy(file, folder.resolve("b"));
        hashes.of(file);
        hashes.copied(file, copy);
        Files.delete(file);
        hashes.save();
        assertThat(Files.readString(cache)).contains(copy.toString()).doesNotContain(file + "\"");
        assertThat(FileHashes.open(cache).known(copy)).contains(OF_ABC);
    }

    @Test
    void aFolderHashesToWhatSha256sumSays() {
        Map<Path, String> hashes = Map.of(
                Path.of("/m/unet/b"), "b".repeat(64),
                Path.of("/m/text/a"), "a".repeat(64));
        String lines = "a".repeat(64) + "  text/a\n" + "b".repeat(64) + "  unet/b\n";
        assertThat(ModelFiles.digest(Path.of("/m"), hashes))
                .isEqualTo(Sha256.of(lines.getBytes(StandardCharsets.UTF_8)));
    }
}
