package drover.source.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An edited file is read again; one that is not right changes nothing. */
final class BridgeWatchTest {
    private static final BridgeWatch.Change NONE = new BridgeWatch.Change.None();

    @TempDir
    Path folder;

    private Path file;
    private Instant time = Instant.parse("2026-01-01T00:00:00Z");
    private BridgeWatch watch;

    @BeforeEach
    void aWatchedFile() throws IOException {
        file = folder.resolve("bridgeData.yaml");
        edit("max_power: 8\n");
        watch = BridgeWatch.of(file, new BridgeReader(Map.of()));
    }

    private void edit(String text) throws IOException {
        Files.writeString(file, text);
        time = time.plusSeconds(1);
        Files.setLastModifiedTime(file, FileTime.from(time));
    }

    private int maxPower() {
        return watch.inForce().data().orElseThrow().capacity().maxPower();
    }

    @Test
    void nothingHappensWhileNobodyEditsIt() {
        assertThat(watch.look()).isEqualTo(NONE);
        assertThat(watch.look()).isEqualTo(NONE);
    }

    @Test
    void anEditIsTakenOverOnceItIsComplete() throws IOException {
        edit("max_power: 16\nnsfw: true\n");

        assertThat(watch.look()).as("it may still be being written").isEqualTo(NONE);
        assertThat(watch.look())
                .isEqualTo(new BridgeWatch.Change.Reloaded(watch.inForce(), java.util.List.of("max_power")));
        assertThat(maxPower()).isEqualTo(16);
        assertThat(watch.look()).isEqualTo(NONE);
    }

    @Test
    void aBadEditKeepsTheOldValuesAndSaysWhyOnce() throws IOException {
        edit("max_power: sixteen\n");
        watch.look();

        assertThat(watch.look())
                .isInstanceOfSatisfying(
                        BridgeWatch.Change.Rejected.class,
                        rejected -> assertThat(rejected.problems().getFirst().toString())
                                .startsWith(file + ":1: max_power = sixteen; expected a whole number from 1 to 512"));
        assertThat(maxPower()).isEqualTo(8);
        assertThat(watch.look()).isEqualTo(NONE);

        edit("max_power: 32\n");
        watch.look();
        assertThat(watch.look()).isInstanceOf(BridgeWatch.Change.Reloaded.class);
        assertThat(maxPower()).isEqualTo(32);
    }

    @Test
    void aRemovedFileKeepsTheOldValues() throws IOException {
        Files.delete(file);
        watch.look();

        assertThat(watch.look()).isInstanceOf(BridgeWatch.Change.Rejected.class);
        assertThat(maxPower()).isEqualTo(8);
        assertThat(watch.look()).isEqualTo(NONE);
    }

    @Test
    void aCommentChangesNothing() throws IOException {
        edit("# about the size\nmax_power: 8\n");
        watch.look();

        assertThat(watch.look()).isEqualTo(NONE);
    }

    @Test
    void aNewKeyOfAnAccountIsNoticedThoughItIsNotShown() throws IOException {
        edit("max_power: 8\napi_key: abcdefghijklmnopqrstuv\n");
        watch.look();
        watch.look();
        edit("max_power: 8\napi_key: abcdefghijklmnopqrstuw\n");
        watch.look();

        assertThat(watch.look()).isInstanceOf(BridgeWatch.Change.Reloaded.class);
        assertThat(watch.inForce().data().orElseThrow().apiKey().reveal()).endsWith("w");
    }
}
