package drover.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import drover.inference.Artifact;
import drover.inference.AssetRef;
import drover.inference.AttemptId;
import drover.inference.JobId;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DirectoryAssetStoreTest {
    private static final AttemptId ATTEMPT = new AttemptId(new JobId("job"), 2);

    @TempDir
    Path folder;

    private DirectoryAssetStore store;

    @BeforeEach
    void open() throws IOException {
        store = DirectoryAssetStore.open(folder.resolve("made/if/missing"));
    }

    @Test
    void aResultComesBackAsItWentIn() throws IOException {
        AssetRef ref = store.put(ATTEMPT, 0, artifact("abc"));

        assertThat(ref)
                .isEqualTo(new AssetRef(
                        "job/2/0.png",
                        "image/png",
                        3,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                        7));
        assertThat(store.holds(ref)).isTrue();
        try (InputStream in = store.open(ref)) {
            assertThat(in.readAllBytes()).asString(StandardCharsets.UTF_8).isEqualTo("abc");
        }
    }

    @Test
    void anInputComesBackAsItWentInAndGoesWithItsJob() throws IOException {
        AssetRef source = store.putInput(ATTEMPT.job(), "source", "image/webp", bytes("abc"));
        assertThat(source)
                .isEqualTo(new AssetRef(
                        "job/input/source.webp",
                        "image/webp",
                        3,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                        0));
        assertThat(store.holds(source)).isTrue();
        try (InputStream in = store.open(source)) {
            assertThat(in.readAllBytes()).asString(StandardCharsets.UTF_8).isEqualTo("abc");
        }
        store.removeAll(ATTEMPT.job());
        assertThat(store.holds(source)).isFalse();
    }

    @Test
    void inputsOfAJobThatWasNotAcceptedGoAlone() throws IOException {
        AssetRef orphan = store.putInput(new JobId("job3"), "mask", "image/png", bytes("abc"));
        AssetRef input = store.putInput(ATTEMPT.job(), "mask", "image/png", bytes("abc"));
        AssetRef result = store.put(ATTEMPT, 0, artifact("first"));

        store.removeInputs(new JobId("job3"));
        store.removeInputs(ATTEMPT.job());
        store.removeInputs(new JobId("job4"));

        assertThat(store.holds(orphan)).isFalse();
        assertThat(store.holds(input)).isFalse();
        assertThat(store.holds(result)).isTrue();
        assertThat(folder.resolve("made/if/missing/job3")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "..", "a/b", "Upper", "dot.dot", "a-name-that-is-longer-than-thirty-two-characters"})
    void theNameOfAnInputIsPlain(String name) {
        assertThatThrownBy(() -> store.putInput(ATTEMPT.job(), name, "image/png", bytes("abc")))
                .isInstanceOf(NoSuchFileException.class);
        assertThat(folder.resolve("made/if/missing/job")).doesNotExist();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void removingAJobsResultsTakesThoseOfEveryAttemptAndNoOthers() throws IOException {
        AssetRef first = store.put(ATTEMPT, 0, artifact("first"));
        AssetRef again = store.put(ATTEMPT.next(), 1, artifact("second"));
        AssetRef other = store.put(new AttemptId(new JobId("job2"), 1), 0, artifact("other"));
        store.removeAll(ATTEMPT.job());
        store.removeAll(ATTEMPT.job());

        assertThat(store.holds(first)).isFalse();
        assertThat(store.holds(again)).isFalse();
        assertThat(store.holds(other)).isTrue();
        assertThat(folder.resolve("made/if/missing")).isDirectoryNotContaining("glob:**/job");
    }

    @Test
    void nothingCountsAsRemovedWhileTheFolderIsNotThere() throws IOException {
        store.put(ATTEMPT, 0, artifact("first"));
        Files.move(folder.resolve("made/if/missing"), folder.resolve("away"));

        assertThatThrownBy(() -> store.removeAll(ATTEMPT.job())).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void writingAgainReplacesAndLeavesNothingElseBehind() throws IOException {
        store.put(ATTEMPT, 0, artifact("first"));
        AssetRef ref = store.put(ATTEMPT, 0, artifact("second"));

        try (InputStream in = store.open(ref)) {
            assertThat(in.readAllBytes()).asString(StandardCharsets.UTF_8).isEqualTo("second");
        }
        try (Stream<Path> files = Files.walk(folder).filter(Files::isRegularFile)) {
            assertThat(files.toList()).hasSize(1);
        }
    }

    @Test
    void aShortenedOrMissingResultIsNotHeld() throws IOException {
        AssetRef ref = store.put(ATTEMPT, 0, artifact("abc"));
        Path file = folder.resolve("made/if/missing").resolve(ref.key());
        Files.write(file, List.of());
        assertThat(store.holds(ref)).isFalse();
        Files.delete(file);
        assertThat(store.holds(ref)).isFalse();
        assertThatThrownBy(() -> store.open(ref)).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void aStoreThatIsNotThereDoesNotCallResultsLost() throws IOException {
        AssetRef ref = store.put(ATTEMPT, 0, artifact("abc"));
        Files.move(folder.resolve("made/if/missing"), folder.resolve("unmounted"));

        assertThatThrownBy(() -> store.holds(ref)).isInstanceOf(UncheckedIOException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"../../secret.png", "job/2/../../../x.png", "/etc/passwd", "job/2/0.png/..", "", "job//0.png"})
    void aKeyNeverLeadsOutOfTheFolder(String key) {
        AssetRef ref = new AssetRef(key, "image/png", 3, "0".repeat(64), 7);

        assertThat(store.holds(ref)).isFalse();
        assertThatThrownBy(() -> store.open(ref)).isInstanceOf(NoSuchFileException.class);
    }

    private static Artifact artifact(String content) {
        return new Artifact("image/png", content.getBytes(StandardCharsets.UTF_8), 7);
    }
}
