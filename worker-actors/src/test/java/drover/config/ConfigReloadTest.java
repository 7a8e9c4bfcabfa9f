package drover.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConfigReloadTest {
    @TempDir
    Path home;

    private final List<DroverConfig> applied = new ArrayList<>();

    @Test
    void aGoodEditIsPutInForce() throws Exception {
        ConfigReload reload = started("drover.nodes.actors-per-gpu = 1");

        write("drover.nodes.actors-per-gpu = 3");
        ConfigReload.Result result = reload.reload(applied::add);

        assertThat(result.problems()).isEmpty();
        assertThat(result.restartNeeded()).isEmpty();
        assertThat(applied)
                .singleElement()
                .satisfies(config -> assertThat(config.nodes().actorsPerGpu()).isEqualTo(3));
    }

    @Test
    void aBadEditChangesNothingAndSaysWhy() throws Exception {
        ConfigReload reload = started("");

        write("drover.nodes.actors-per-gpu = many");
        ConfigReload.Result result = reload.reload(applied::add);

        assertThat(result.problems()).singleElement().asString().contains("my.conf:1: drover.nodes.actors-per-gpu");
        assertThat(applied).isEmpty();
    }

    @Test
    void whatNeedsARestartIsNamed() throws Exception {
        ConfigReload reload = started("");

        write("drover { http.port = 1234, logging { json = on, level = debug, levels { drover.board = trace } } }");

        assertThat(reload.reload(applied::add).restartNeeded())
                .containsExactly("drover.http", "drover.logging (but level and levels)");
    }

    @Test
    void whatIsInForceIsShownWithItsOriginAndWhatWaitsForARestart() throws Exception {
        ConfigReload reload = started("drover.http.port = 1234\ndrover.nodes.actors-per-gpu = 1");

        write("\ndrover.http.port = 2345\ndrover.nodes.actors-per-gpu = 3");
        reload.reload(applied::add);

        Path file = home.resolve("my.conf");
        assertThat(reload.effective())
                .contains(
                        new ConfigReload.Effective(
                                new ConfigEntry("drover.http.port", "1234", file + ":1"),
                                Optional.of(new ConfigEntry("drover.http.port", "2345", file + ":2"))),
                        new ConfigReload.Effective(
                                new ConfigEntry("drover.nodes.actors-per-gpu", "3", file + ":3"), Optional.empty()),
                        new ConfigReload.Effective(
                                new ConfigEntry("drover.http.host", "\"127.0.0.1\"", "default"), Optional.empty()))
                .hasSameSizeAs(Schema.all());
    }

    @Test
    void levelsOfLoggersAreTakenWithAndWithoutQuotes() throws Exception {
        ConfigReload reload = started("drover.logging.level = warn");

        write("drover.logging { level = warn, levels { \"drover.board\" = debug, drover.ledger.JobLedger = trace } }");
        ConfigReload.Result result = reload.reload(applied::add);

        assertThat(result.restartNeeded()).isEmpty();
        assertThat(applied.getFirst().logging().levels())
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of("drover", "WARN", "drover.board", "DEBUG", "drover.ledger.JobLedger", "TRACE"));
    }

    private ConfigReload started(String text) throws Exception {
        write(text);
        ConfigLoader loader = new ConfigLoader(home, Map.of());
        Optional<Path> file = Optional.of(home.resolve("my.conf"));
        return new ConfigReload(loader, file, loader.loadWithOrigins(file));
    }

    private void write(String text) throws IOException {
        Files.writeString(home.resolve("my.conf"), text);
    }
}
