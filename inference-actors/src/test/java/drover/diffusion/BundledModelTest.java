package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import drover.inference.Sampler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundledModelTest {
    @TempDir
    Path cache;

    @Test
    void unpacksWhatTheIndexListsAndTheCatalogueFindsIt() throws IOException {
        Path folder = BundledModel.unpack(cache);
        ModelInfo info =
                ModelCatalog.scan(List.of(folder)).find(BundledModel.NAME).orElseThrow();
        assertThat(info.steps()).isEqualTo(20);
        assertThat(info.cfgScale()).isEqualTo(5);
        assertThat(info.sampler()).isEqualTo(Sampler.EULER);
        assertThat(info.latentFactor()).isEqualTo(4);
        assertThat(info.width()).isEqualTo(64);
        assertThat(Files.readString(folder.resolve("NOTICE.txt")))
                .contains("SIL Open Font License", "Unicode License v3");
    }

    @Test
    void theIndexListsEveryResource() throws Exception {
        Path resources =
                Path.of(Objects.requireNonNull(BundledModel.class.getResource("/drover/models/" + BundledModel.NAME))
                        .toURI());
        Set<String> listed = new HashSet<>();
        for (JsonNode entry : Fixtures.json(resources.resolveSibling(BundledModel.NAME + ".index.json"))
                .get("files")) {
            listed.add(entry.get("path").textValue());
        }
        assertThat(listed).isEqualTo(files(resources));
    }

    @Test
    void repairsWhatIsDamagedAndLeavesTheRestAlone() throws IOException {
        Path folder = BundledModel.unpack(cache);
        Path config = folder.resolve("unet/config.json");
        Path weights = folder.resolve("vae/diffusion_pytorch_model.safetensors");
        Path cut = folder.resolve("text_encoder/model.safetensors");
        Path intact = folder.resolve("unet/diffusion_pytorch_model.safetensors");
        byte[] good = Files.readAllBytes(weights);
        byte[] flipped = good.clone();
        flipped[flipped.length / 2] ^= 1;
        Files.write(weights, flipped);
        Files.write(cut, new byte[7]);
        Files.delete(config);
        Object key = Files.readAttributes(intact, BasicFileAttributes.class).fileKey();

        assertThat(BundledModel.unpack(cache)).isEqualTo(folder);

        assertThat(weights).hasBinaryContent(good);
        assertThat(config).exists();
        assertThat(Files.size(cut)).isGreaterThan(7);
        assertThat(Files.readAttributes(intact, BasicFileAttributes.class).fileKey())
                .isEqualTo(key);
    }

    @Test
    void severalMayUnpackAtOnce() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<Path>> results = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                results.add(threads.submit(() -> BundledModel.unpack(cache)));
            }
            for (Future<Path> result : results) {
                assertThat(ModelCatalog.scan(List.of(result.get())).all()).containsOnlyKeys(BundledModel.NAME);
            }
            // Only now: as long as one of them is at work, its parts lie beside the files.
            assertThat(files(results.getFirst().get())).noneMatch(name -> name.endsWith(".part"));
        }
    }

    @Test
    void theCacheFollowsTheXdgConvention() {
        Path home = Path.of("/home/someone");
        assertThat(BundledModel.defaultCache(Map.of(), home)).isEqualTo(home.resolve(".cache/drover/models"));
        assertThat(BundledModel.defaultCache(Map.of("XDG_CACHE_HOME", "/var/cache"), home))
                .isEqualTo(Path.of("/var/cache/drover/models"));
    }

    private static Set<String> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .collect(Collectors.toSet());
        }
    }
}
