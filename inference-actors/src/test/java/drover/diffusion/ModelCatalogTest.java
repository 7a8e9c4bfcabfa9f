package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import drover.inference.EngineException;
import drover.inference.Sampler;
import drover.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
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
            assertThat(info.architecture()).isEqualTo(Architecture.STABLE_DIFFUSION);
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
        assertThat(catalog.leftOut())
                .extracting(ModelCatalog.LeftOut::name)
                .containsExactlyInAnyOrder("old.ckpt", "cut", "vae");
        assertThat(catalog.leftOut().toString())
                .contains(
                        "old.ckpt is a pickle, which can run any code when it is read, so it is refused; convert it to"
                                + " safetensors")
                .contains("cut.safetensors: has 1 bytes, of which the header's length alone takes 8")
                .contains("vae.safetensors looks like one part of a diffusers model; whole checkpoints of");
        ModelInfo info = catalog.find("photo").orElseThrow();
        assertThat(info.path()).isEqualTo(file);
        assertThat(info.architecture()).isEqualTo(Architecture.STABLE_DIFFUSION);
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
        ModelInfo info = ModelInfo.read("x", folder, ModelDeclaration.NONE);
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
        assertThatThrownBy(() -> ModelInfo.read("tiny", model, ModelDeclaration.NONE))
                .isInstanceOf(EngineException.class)
                .hasMessageContaining(reason);
        assertThat(ModelCatalog.scan(List.of(folder.resolve("models"))).all()).isEmpty();
    }

    @Test
    void aModelWithoutWeightsIsLeftOut() throws IOException {
        copySd15(folder);
        Files.delete(folder.resolve("unet/diffusion_pytorch_model.safetensors"));
        assertThatThrownBy(() -> ModelInfo.read("x", folder, ModelDeclaration.NONE))
                .hasMessageContaining("holds no weights");
    }

    @Test
    void theOwnersWordsCount() throws Exception {
        Path models = folder.resolve("models");
        copySd15(models.resolve("tiny"));
        copySd15(models.resolve("other"));
        Path elsewhere = folder.resolve("elsewhere/model");
        copySd15(elsewhere);
        Files.copy(
                models.resolve("tiny/vae/diffusion_pytorch_model.safetensors"), models.resolve("better.safetensors"));
        Path file = Files.writeString(folder.resolve("models.yaml"), """
                # words
                tiny:
                  vae: better.safetensors
                  clip_skip: 2
                  description: small
                Renamed: {path: other}
                1.5: {path: %s, prediction: v_prediction}
                """.formatted(elsewhere));
        ModelCatalog catalog = ModelCatalog.scan(new ModelPlaces(List.of(models), Optional.of(file)));

        assertThat(catalog.all()).containsOnlyKeys("1.5", "Renamed", "tiny");
        ModelInfo tiny = catalog.find("tiny").orElseThrow();
        assertThat(tiny.clipSkip()).isEqualTo(2);
        assertThat(tiny.declared().description()).contains("small");
        try (Weights vae =
                tiny.source().weights("vae", names -> UnaryOperator.identity()).weights()) {
            assertThat(vae).hasToString(models.resolve("better.safetensors").toString());
        }
        assertThat(catalog.find("1.5").orElseThrow().prediction()).isEqualTo(Prediction.V_PREDICTION);
        assertThat(catalog.find("renamed").orElseThrow().path()).isEqualTo(models.resolve("other"));

        Files.writeString(file, "tiny: {clip_skip: 3}\n");
        ModelCatalog again = catalog.again();
        assertThat(again.all()).containsOnlyKeys("other", "tiny");
        assertThat(again.find("tiny").orElseThrow().clipSkip()).isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tiny: {clip_skip: 13} | tiny | clip_skip is 13; expected 1 to 12",
                "tiny: {clipskip: 2} | tiny | the key clipskip is not known; expected [path, vae, prediction",
                "tiny: {prediction: x} | tiny | prediction is x; these are supported: epsilon, v_prediction",
                "tiny: {sha256: 12ab} | tiny | sha256 is 12ab; expected 64 hexadecimal digits",
                "tiny: {sha256: [1]} | tiny | sha256 is [1]; expected a string",
                "tiny: {path: [} | models.yaml | is not YAML",
                "- tiny | models.yaml | should hold a JSON object, but holds array",
                "gone: {path: gone.safetensors} | gone | names the model gone, but there is no ",
                "gone: {clip_skip: 2} | gone | is called so; give it a path, or take the entry out",
                "tiny: {vae: gone.safetensors} | tiny | the autoencoder",
            })
    void aWrongWordLeavesItsModelOutWithTheReason(String text, String name, String reason) throws Exception {
        copySd15(folder.resolve("models/tiny"));
        Path file = Files.writeString(folder.resolve("models.yaml"), text);
        ModelCatalog catalog = ModelCatalog.scan(new ModelPlaces(List.of(folder.resolve("models")), Optional.of(file)));
        assertThat(catalog.leftOut()).singleElement().satisfies(it -> {
            assertThat(it.name()).isEqualTo(name);
            assertThat(it.reason()).contains(reason);
        });
        assertThat(catalog.find("tiny").isPresent()).isEqualTo(!name.equals("tiny"));
    }

    @Test
    void anEntryIsAddedBelowWhatIsThere() throws Exception {
        Path file = Files.writeString(folder.resolve("models.yaml"), "# mine\na: {clip_skip: 2} # two");
        DeclaredModels.append(file, "b: c", Map.of("sha256", "0".repeat(64)));
        assertThat(Files.readString(file)).startsWith("# mine\na: {clip_skip: 2} # two\n");
        DeclaredModels read = DeclaredModels.read(new ModelPlaces(List.of(), Optional.of(file)));
        assertThat(read.problems()).isEmpty();
        assertThat(read.models()).containsOnlyKeys("a", "b: c");
        assertThat(read.models().getOrDefault("b: c", ModelDeclaration.NONE).sha256())
                .contains("0".repeat(64));
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
