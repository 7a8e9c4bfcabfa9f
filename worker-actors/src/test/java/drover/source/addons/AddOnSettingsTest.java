package drover.source.addons;

import static org.assertj.core.api.Assertions.assertThat;

import drover.setting.Secret;
import drover.source.bridge.BridgeData;
import drover.source.bridge.BridgeReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AddOnSettingsTest {
    private static final long GIBI = 1L << 30;

    @TempDir
    private Path folder;

    private AddOnSettings settings() {
        return settings(AddOn.LORA, Long.MAX_VALUE);
    }

    private AddOnSettings settings(AddOn kind, long cacheBytes) {
        return new AddOnSettings(
                kind, folder, URI.create("https://civitai.com"), Secret.NONE, cacheBytes, 0, 1 << 20, 5, false);
    }

    private Optional<BridgeData> worker(String more) throws IOException {
        Path file = Files.writeString(
                folder.resolve("bridgeData.yaml"), "api_key: \"0123456789012345678901\"\ndreamer_name: one\n" + more);
        return new BridgeReader(Map.of()).read(file).data();
    }

    @Test
    void workersShareTheLargestCacheAndTheFirstToken() throws IOException {
        AddOnSettings shared = settings()
                .forWorkers(List.of(
                        worker("max_lora_cache_size: 20\n"),
                        worker("max_lora_cache_size: 30\ncivitai_api_token: \"0123456789\"\n"),
                        worker("")));

        assertThat(shared.cacheBytes()).isBetween(30_000_000_000L, 30 * GIBI);
        assertThat(shared.minFreeBytes()).isEqualTo(GIBI);
        assertThat(shared.token().reveal()).isEqualTo("0123456789");
        assertThat(shared.bearer().orElseThrow().place()).isEqualTo(URI.create("https://civitai.com"));
    }

    @Test
    void nothingIsThrownAwayBeforeEveryWorkersFileHasBeenRead() throws IOException {
        AddOnSettings half = settings().forWorkers(List.of(worker("max_lora_cache_size: 20\n"), Optional.empty()));

        assertThat(half.cacheBytes()).isEqualTo(Long.MAX_VALUE);
        assertThat(half.minFreeBytes()).isEqualTo(GIBI);
    }

    @Test
    void howManyTextualInversionsAreKeptIsNoWorkersMatter() throws IOException {
        AddOnSettings shared = settings(AddOn.TEXTUAL_INVERSION, GIBI)
                .forWorkers(List.of(
                        worker("max_lora_cache_size: 20\ncivitai_api_token: \"0123456789\"\n"), Optional.empty()));

        assertThat(shared.cacheBytes()).isEqualTo(GIBI);
        assertThat(shared.token().reveal()).isEqualTo("0123456789");
    }
}
