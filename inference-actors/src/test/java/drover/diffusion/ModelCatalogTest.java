package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import drover.inference.EngineException;
import drover.inference.Sampler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelCatalogTest {
    @TempDir
    Path folder;

    @Test
    void findsModelsInAndBelowTheFolders() throws IOException {
        copySd15(folder.resolve("models/Tiny"));
        Files.createDirectories(folder.resolve("models/notes"));
        for (Path where : List.of(folder.resolve("models"), folder.resolve("models/Tiny"))) {
            ModelCatalog catalog = ModelCatalog.scan(List.of(where, folder.resolve("gone")));
            assertThat(catalog.all()).containsOnlyKeys("Tiny");
            ModelInfo info = catalog.find("tiny").orElseThrow();
            assertThat(info.width()).isEqualTo(64);
            assertThat(info.height()).isEqualTo(64);
            assertThat(info.latentFactor()).isEqualTo(8);
            assertThat(info.maxSize()).isEqualTo(256);
            assertThat(info.steps()).isEqualTo(25);
            assertThat(info.cfgScale()).isEqualTo(7.5);
            assertThat(info.sampler()).isEqualTo(Sampler.EULER);
            assertThat(info.architecture()).isEqualTo("StableDiffusionPipeline");
            assertThat(info.weightBytes()).isBetween(4_000_000L, 4_200_000L);
            assertThat(info.path()).isEqualTo(folder.resolve("models/Tiny"));
        }
        assertThat(ModelCatalog.scan(List.of(folder)).find("nothing")).isEmpty();
    }

    @Test
    void findsSingleFilesAndLeavesOutWhatIsNone() throws IOException {
        Path models = Files.createDirectories(folder.resolve("models"));
        Path file = Files.copy(Fixtures.path("single-file/sd15-fp16.safetensors"), models.resolve("photo.safetensors"));
        copySd15(folder.resolve("parts"));
        // Its own settings lie beside it; a lone folder of settings is no model.
        Files.createDirectories(models.resolve("photo"));
        for (String part : List.of("unet", "vae", "text_encoder")) {
            Files.createDirectories(models.resolve("photo").resolve(part));
            Files.copy(
                    folder.resolve("parts").resolve(part).resolve("config.json"),
                    models.resolve("photo").resolve(part).resolve("config.json"));
        }
        Files.copy(folder.resolve("parts/vae/diffusion_pytorch_model.safetensors"), models.resolve("vae.safetensors"));
        Files.writeString(models.resolve("old.ckpt"), "pickle");
        Files.writeString(models.resolve("cut.safetensors"), "x");
        ModelCatalog catalog = ModelCatalog.scan(List.of(models));
        assertThat(catalog.all()).containsOnlyKeys("photo");
        ModelInfo info = catalog.find("photo").orElseThrow();
        assertThat(info.path()).isEqualTo(file);
        assertThat(info.architecture()).isEqualTo("StableDiffusionPipeline");
        assertThat(info.width()).isEqualTo(64);
        assertThat(info.weightBytes()).isBetween(2_000_000L, 2_200_000L);
    }

    @Test
    void aSingleFileMayBeGivenByItself() throws IOException {
        Path file = Files.copy(Fixtures.path("single-file/sd15-fp16.safetensors"), folder.resolve("photo.safetensors"));
        Files.copy(file, folder.resolve("other.safetensors"));
        Path pickle = Files.writeString(folder.resolve("old.ckpt"), "pickle");
        ModelCatalog catalog = ModelCatalog.scan(List.of(file, pickle, folder.resolve("gone.safetensors")));
        assertThat(catalog.all()).containsOnlyKeys("photo");
        assertThat(catalog.find("photo").orElseThrow().path()).isEqualTo(file);
    }

    @Test
    void theOwnersDefaultsCount() throws Exception {
        copySd15(folder);
        Files.writeString(
                folder.resolve("drover.json"),
                "{\"steps\": 12, \"cfg\": 3.5, \"sampler\": \"ddim\", \"max_size\": 128}");
        ModelInfo info = ModelInfo.read("x", folder);
        assertThat(info.steps()).isEqualTo(12);
        assertThat(info.cfgScale()).isEqualTo(3.5);
        assertThat(info.sampler()).isEqualTo(Sampler.DDIM);
        assertThat(info.maxSize()).isEqualTo(128);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "drover.json | {\"steps\": 0} | steps is 0.0; expected 1 to 500",
                "drover.json | {\"step\": 9} | the key step is not known",
                "drover.json | {\"sampler\": \"magic\"} | sampler is magic; expected one of k_lms, k_heun",
                "drover.json | [] | should hold a JSON object",
                "vae/config.json | {\"block_out_channels\": []} | block_out_channels has 0 entries",
                "unet/config.json | {\"sample_size\": -8} | sample_size is [-8]",
                "unet/config.json | {} | sample_size is missing",
                "model_index.json | {\"_class_name\": \"WanPipeline\"} | _class_name is WanPipeline",
                "model_index.json | {\"_class_name\": 7} | _class_name is 7; expected a string",
                "model_index.json | { | not good JSON",
            })
    void aModelThatCannotBeUnderstoodIsLeftOut(String file, String content, String reason) throws IOException {
        Path model = folder.resolve("models/tiny");
        copySd15(model);
        Files.writeString(model.resolve(file), content);
        assertThatThrownBy(() -> ModelInfo.read("tiny", model))
                .isInstanceOf(EngineException.class)
                .hasMessageContaining(reason);
        assertThat(ModelCatalog.scan(List.of(folder.resolve("models"))).all()).isEmpty();
    }

    @Test
    void aModelWithoutWeightsIsLeftOut() throws IOException {
        copySd15(folder);
        Files.delete(folder.resolve("unet/diffusion_pytorch_model.safetensors"));
        assertThatThrownBy(() -> ModelInfo.read("x", folder)).hasMessageContaining("holds no weights");
    }

    private static void copySd15(Path target) throws IOException {
        Path source = Fixtures.path("sd15");
        try (Stream<Path> files = Files.walk(source)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path relative = source.relativize(file);
                if (!relative.startsWith("goldens")) {
                    Path copy = target.resolve(relative.toString());
                    Files.createDirectories(copy.getParent());
                    Files.copy(file, copy);
                }
            }
        }
    }
}
