package drover.inference.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.fail;

import ai.djl.ndarray.types.DataType;
import drover.diffusion.ExtraFiles;
import drover.diffusion.Fixtures;
import drover.diffusion.ModelCatalog;
import drover.graph.TorchOptions;
import drover.inference.AttemptId;
import drover.inference.ControlUse;
import drover.inference.Drawing;
import drover.inference.EngineException;
import drover.inference.ImageFeatures;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.inference.LoraUse;
import drover.inference.Sampler;
import drover.inference.SourceImage;
import drover.picture.JpegEncoder;
import drover.picture.Picture;
import drover.picture.WebpEncoder;
import drover.weights.SafeTensorsFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Files that were cut, spoiled, mislabelled or made to harm: each gets a clear error or a picture, and after each the same
 * engine does a healthy job as before. A few of each kind in the usual build; {@code -Ddrover.fuzz.tries=N} takes N of each,
 * {@code -Ddrover.fuzz.seed=S} others. A failure names the seed of the one try, which {@code -Ddrover.fuzz.tries=1} repeats.
 */
class BadInputTest {
    private static final AttemptId ATTEMPT = new AttemptId(new JobId("test"), 1);
    private static final int TRIES = Integer.getInteger("drover.fuzz.tries", 3);
    private static final long SEED = Long.getLong("drover.fuzz.seed", 1);
    /** A sentence or two, not a dump. */
    private static final int LONGEST_MESSAGE = 2000;

    private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

    @TempDir
    private static Path folder;

    private static Path extras = Path.of("unset");
    private static PyTorchEngine healthy = TinyModels.engine(DataType.FLOAT32);
    private static byte[] expected = new byte[0];

    @BeforeAll
    static void start() throws Exception {
        extras = folder.resolve("extras");
        put("loras/lora.safetensors", Fixtures.path("lora/kohya_fp16.safetensors"));
        put("upscalers/larger.safetensors", Fixtures.path("upscaler/x4/model.safetensors"));
        put("upscalers/older.safetensors", Fixtures.path("upscaler/x4/model-old-esrgan-keys.safetensors"));
        put("controlnets/net/" + WEIGHTS, Fixtures.path("controlnet/" + WEIGHTS));
        put("controlnets/net/config.json", Fixtures.path("controlnet/config.json"));
        Files.createDirectories(extras.resolve("embeddings"));
        new SafeTensorsFile()
                .floats("emb_params", List.of(2L, 32L), new float[64])
                .write(extras.resolve("embeddings/word.safetensors"));
        healthy.close();
        healthy = engine(Fixtures.path("sd15"));
        expected = job(healthy, request("sd15", ImageFeatures.NONE)).rgb();
    }

    @AfterAll
    static void stop() {
        healthy.close();
        assertThat(healthy.nativeHandles()).as("native objects left behind").isZero();
    }

    private static void put(String name, Path from) throws IOException {
        Path to = extras.resolve(name);
        Files.createDirectories(to.getParent());
        Files.copy(from, to);
    }

    private static PyTorchEngine engine(Path model) {
        return new PyTorchEngine(
                ModelCatalog.scan(List.of(model)),
                new PyTorchSettings(
                        TorchOptions.cpu(1), DataType.FLOAT32, 1L << 30, 0, ExtraFiles.below(extras), "test"));
    }

    /** How a spoiled file is used. */
    private interface Use {
        void of(PyTorchEngine engine) throws EngineException;
    }

    @ParameterizedTest
    @CsvSource({
        "model_index.json",
        "scheduler/scheduler_config.json",
        "text_encoder/config.json",
        "text_encoder/model.safetensors",
        "tokenizer/tokenizer.json",
        "tokenizer/tokenizer_config.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model.safetensors",
        "vae/config.json",
        "vae/diffusion_pytorch_model.safetensors"
    })
    void aPartOfAModel(String file) throws Exception {
        Path model = TinyModels.copy(folder.resolve("part/spoiled"));
        spoil(model, model.resolve(file), engine -> job(engine, request("spoiled", ImageFeatures.NONE)));
    }

    @ParameterizedTest
    @CsvSource({"vocab.json", "merges.txt"})
    void aVocabularyInTwoFiles(String file) throws Exception {
        Path model = TinyModels.copy(folder.resolve("words/spoiled"));
        Files.delete(model.resolve("tokenizer/tokenizer.json"));
        spoil(
                model,
                model.resolve("tokenizer").resolve(file),
                engine -> job(engine, request("spoiled", ImageFeatures.NONE)));
        Files.deleteIfExists(model.resolve("tokenizer/tokenizer.json"));
    }

    @Test
    void aModelInOneFile() throws Exception {
        Path models = folder.resolve("single");
        // Without an index it is no model, but has the settings of the file that is called like it.
        Files.delete(TinyModels.copy(models.resolve("spoiled")).resolve("model_index.json"));
        Path file = models.resolve("spoiled.safetensors");
        Files.copy(Fixtures.path("single-file/sd15-fp16.safetensors"), file);
        spoil(models, file, engine -> job(engine, request("spoiled", ImageFeatures.NONE)));
    }

    @Test
    void aLora() throws Exception {
        ImageFeatures features = new ImageFeatures(
                Optional.empty(),
                List.of(new LoraUse("lora", 1, 1)),
                Optional.empty(),
                false,
                Optional.empty(),
                List.of());
        extra("loras/lora.safetensors", request("sd15", features));
    }

    @ParameterizedTest
    @CsvSource({"larger", "older"})
    void anUpscaler(String name) throws Exception {
        ImageFeatures features = new ImageFeatures(
                Optional.empty(), List.of(), Optional.empty(), false, Optional.empty(), List.of(name));
        extra("upscalers/" + name + ".safetensors", request("sd15", features));
    }

    @Test
    void anEmbedding() throws Exception {
        extra("embeddings/word.safetensors", request("sd15", "a (embedding:word:1.1) apple", ImageFeatures.NONE));
    }

    @ParameterizedTest
    @CsvSource({WEIGHTS, "config.json"})
    void aControlNet(String file) throws Exception {
        Recorder recorder = new Recorder();
        ControlUse use = new ControlUse(
                "net", recorder.keep("control", Pixels.png(Pixels.gradient(64, 64))), ControlUse.Type.NONE, 1, false);
        spoil(
                Fixtures.path("sd15"),
                extras.resolve("controlnets/net").resolve(file),
                engine -> job(engine, request("sd15", ImageFeatures.NONE.withControl(use)), recorder));
    }

    private static void extra(String file, ImageRequest request) throws Exception {
        spoil(Fixtures.path("sd15"), extras.resolve(file), engine -> job(engine, request));
    }

    @ParameterizedTest
    @CsvSource({"png", "jpg", "webp"})
    void aSourcePicture(String format) throws Exception {
        Picture source = Pixels.gradient(70, 50);
        byte[] good = switch (format) {
            case "png" -> Pixels.png(source);
            case "jpg" -> JpegEncoder.encode(source, 90, Map.of());
            default -> new WebpEncoder().lossy(source, 90, 0, Map.of());
        };
        for (int i = 0; i < TRIES; i++) {
            long seed = SEED + i;
            byte[] bad = new Mutation(new SplittableRandom(seed)).of(format, good);
            Recorder recorder = new Recorder();
            SourceImage use =
                    new SourceImage(recorder.keep("source", bad), Optional.empty(), 0.5, SourceImage.Mode.IMG2IMG);
            ImageRequest request = request("sd15", ImageFeatures.NONE.withSource(use));
            clear(seed, () -> job(healthy, request, recorder));
            theNextJobRuns(seed);
        }
    }

    /** A header that promises far more pixels than there are bytes, and one within the limits. */
    @ParameterizedTest
    @CsvSource({"65535, 65535", "2147483647, 1", "3072, 3072", "0, 5"})
    void aPictureThatPromisesMorePixelsThanItHas(int width, int height) {
        byte[] bomb = Pixels.png(Pixels.gradient(8, 8));
        ByteBuffer.wrap(bomb).putInt(16, width).putInt(20, height);
        Recorder recorder = new Recorder();
        SourceImage use =
                new SourceImage(recorder.keep("source", bomb), Optional.empty(), 0.5, SourceImage.Mode.IMG2IMG);
        clear(0, () -> job(healthy, request("sd15", ImageFeatures.NONE.withSource(use)), recorder));
        theNextJobRuns(0);
    }

    @ParameterizedTest
    @CsvSource({"1000000, 64", "64, 2147483640", "65, 64", "8, 8"})
    void aSizeBeyondTheLimits(int width, int height) {
        ImageRequest request = new ImageRequest(
                "sd15", "a red apple", "", width, height, 2, Sampler.EULER, 5, 41, 1, 1, Optional.empty());
        clear(0, () -> job(healthy, request));
        theNextJobRuns(0);
    }

    private static void spoil(Path model, Path file, Use use) throws Exception {
        byte[] good = Files.readAllBytes(file);
        for (int i = 0; i < TRIES; i++) {
            long seed = SEED + i;
            byte[] bad = new Mutation(new SplittableRandom(seed)).of(String.valueOf(file.getFileName()), good);
            // The catalogue has seen it while it was good; what comes to load it finds it spoiled.
            PyTorchEngine engine = engine(model);
            try {
                replace(file, bad);
                clear(seed, () -> use.of(engine));
                assertThatCode(() -> ModelCatalog.scan(List.of(model)))
                        .as("the catalogue, seed %d", seed)
                        .doesNotThrowAnyException();
            } finally {
                engine.close();
                replace(file, good);
            }
            assertThat(engine.nativeHandles())
                    .as("native objects, seed %d", seed)
                    .isZero();
            theNextJobRuns(seed);
        }
    }

    /** As models are replaced: who has the old one open keeps it. */
    private static void replace(Path file, byte[] bytes) throws IOException {
        Path beside = file.resolveSibling("beside");
        Files.write(beside, bytes);
        Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    private interface Step {
        void run() throws EngineException;
    }

    /** A picture, or an error of the engine's own that says what is wrong. */
    private static void clear(long seed, Step step) {
        try {
            step.run();
        } catch (EngineException e) {
            assertThat(e.getMessage())
                    .as("seed %d", seed)
                    .isNotBlank()
                    .hasSizeLessThan(LONGEST_MESSAGE)
                    .doesNotContain("the engine failed", "out of memory", "Exception:");
        } catch (RuntimeException | Error e) {
            fail("seed " + seed + ": " + e, e);
        }
    }

    private static void theNextJobRuns(long seed) {
        try {
            assertThat(job(healthy, request("sd15", ImageFeatures.NONE)).rgb())
                    .as("the next job, seed %d", seed)
                    .isEqualTo(expected);
        } catch (EngineException e) {
            fail("the next job, seed " + seed + ": " + e, e);
        }
    }

    private static ImageRequest request(String model, ImageFeatures features) {
        return request(model, "a red apple", features);
    }

    private static ImageRequest request(String model, String prompt, ImageFeatures features) {
        return new ImageRequest(model, prompt, "", 64, 64, 1, Sampler.EULER, 5, 41, 1, 1, Optional.empty())
                .with(features);
    }

    private static Picture job(PyTorchEngine engine, ImageRequest request) throws EngineException {
        return job(engine, request, new Recorder());
    }

    private static Picture job(PyTorchEngine engine, ImageRequest request, Recorder recorder) throws EngineException {
        List<Drawing> drawings = engine.run(ATTEMPT, request, recorder);
        assertThat(drawings).hasSize(1);
        return drawings.getFirst().picture();
    }
}
