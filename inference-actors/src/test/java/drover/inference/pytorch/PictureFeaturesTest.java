package drover.inference.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.DataType;
import drover.diffusion.Fixtures;
import drover.diffusion.ModelCatalog;
import drover.diffusion.ModelPlaces;
import drover.diffusion.ModelSource;
import drover.diffusion.StableDiffusion;
import drover.graph.Torch;
import drover.graph.TorchOptions;
import drover.inference.AttemptId;
import drover.inference.ControlUse;
import drover.inference.Drawing;
import drover.inference.EngineException;
import drover.inference.Feature;
import drover.inference.HiresFix;
import drover.inference.ImageFeatures;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.inference.LoraUse;
import drover.inference.Phase;
import drover.inference.Position;
import drover.inference.Sampler;
import drover.inference.SourceImage;
import drover.picture.Picture;
import drover.picture.Resampling;
import drover.picture.TextKeys;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What requests can ask for beside a prompt, through the engine, on the tiny checkpoints. */
class PictureFeaturesTest {
    private static final AttemptId ATTEMPT = new AttemptId(new JobId("test"), 1);
    private static final Picture SOURCE = Pixels.gradient(100, 80);
    /** The right half is painted anew. */
    private static final Picture MASK = Pixels.painted(100, 80, (x, y) -> x < 50 ? 0 : 0xFFFFFF);

    @TempDir
    private static Path folder;

    private static PyTorchEngine engine;

    private final Recorder recorder = new Recorder();

    @BeforeAll
    static void start() throws Exception {
        engine = TinyModels.engine(
                DataType.FLOAT32,
                Fixtures.path("sd15"),
                TinyModels.inpainting(folder.resolve("inpaint")),
                TinyModels.large(folder.resolve("large")));
    }

    @AfterAll
    static void stop() {
        engine.close();
        assertThat(engine.nativeHandles()).as("native objects left behind").isZero();
    }

    @BeforeEach
    void allModelsAreThere() {
        assertThat(engine.models()).containsExactly("inpaint", "large", "sd15");
    }

    @Test
    void theEngineSaysWhatAModelCanDo() {
        assertThat(engine.features("sd15")).containsExactlyInAnyOrder(Feature.values());
        assertThat(engine.features("nobody")).isEmpty();
    }

    @Test
    void aTraceOfStrengthGivesTheSourceAsTheAutoencoderSeesIt() throws Exception {
        ModelCatalog bundled = ModelCatalog.ofInstallation(ModelPlaces.NONE, folder.resolve("cache"));
        String model = bundled.all().keySet().iterator().next();
        Path path = bundled.find(model).orElseThrow().path();
        try (PyTorchEngine trained = TinyModels.engine(DataType.FLOAT32, path)) {
            Picture source = only(trained, request(model, ImageFeatures.NONE));
            Picture seen = seenByTheAutoencoder(path, source);
            Picture faint = only(trained, request(model, from(source, 0.01)));
            Picture strong = only(trained, seeded(request(model, from(source, 1))));
            double error = Pixels.meanDifference(seen, source);
            assertThat(Pixels.meanDifference(faint, source)).isLessThan(error + 3);
            assertThat(Pixels.meanDifference(strong, source)).isGreaterThan(error + 10);
        }
        assertThat(recorder.positions()).contains(new Position(Phase.DOWNLOADING, 1, 1));
    }

    private ImageFeatures from(Picture source, double strength) {
        return ImageFeatures.NONE.withSource(new SourceImage(
                recorder.keep("source", Pixels.png(source)), Optional.empty(), strength, SourceImage.Mode.IMG2IMG));
    }

    @Test
    void whatTheMaskLeavesStaysToTheByte() throws Exception {
        Picture kept = Resampling.lanczos(SOURCE, 64, 64);
        for (String model : List.of("sd15", "inpaint")) {
            for (double strength : new double[] {1, 0.6}) {
                Picture painted =
                        only(request(model, source(strength, Optional.of(MASK), SourceImage.Mode.INPAINTING)));
                int changed = 0;
                for (int y = 0; y < 64; y++) {
                    for (int x = 0; x < 64; x++) {
                        int at = 3 * (64 * y + x);
                        boolean same = painted.rgb()[at] == kept.rgb()[at]
                                && painted.rgb()[at + 1] == kept.rgb()[at + 1]
                                && painted.rgb()[at + 2] == kept.rgb()[at + 2];
                        // Lanczos' window makes the mask's edge a few pixels wide.
                        assertThat(same || x >= 28)
                                .as("%s at %s, %s", model, x, y)
                                .isTrue();
                        changed += same ? 0 : 1;
                    }
                }
                assertThat(changed).isGreaterThan(64 * 20);
            }
        }
    }

    @Test
    void withoutAMaskInpaintingPaintsEverything() throws Exception {
        Picture painted = only(request("sd15", source(1, Optional.empty(), SourceImage.Mode.INPAINTING)));
        assertThat(Pixels.meanDifference(painted, Resampling.lanczos(SOURCE, 64, 64)))
                .isGreaterThan(5);
    }

    @Test
    void whoWatchesSeesEveryStepAndChangesNothing() throws Exception {
        ImageRequest request = request("sd15", ImageFeatures.NONE);
        List<Picture> shown = new ArrayList<>();
        Recorder watching = new Recorder() {
            @Override
            public boolean wantsPreview(int step) {
                return step % 2 == 0;
            }

            @Override
            public void preview(Picture picture) {
                assertThat(positions().getLast().phase()).isEqualTo(Phase.DENOISING);
                shown.add(picture);
                throw new IllegalStateException("nobody's loss");
            }
        };

        Picture watched = engine.run(ATTEMPT, request, watching).getFirst().picture();

        assertThat(watched.rgb()).isEqualTo(only(request).rgb());
        assertThat(shown).hasSize(request.steps() / 2);
        assertThat(shown).allMatch(it -> it.width() == it.height() && it.width() < request.width());
        assertThat(shown.getFirst().rgb()).isNotEqualTo(shown.getLast().rgb());
    }

    @Test
    void lorasComeAndGoWithoutATrace() throws Exception {
        Picture before = only(request("sd15", ImageFeatures.NONE));
        long handles = engine.nativeHandles();
        Picture one = only(request("sd15", loras(new LoraUse("kohya_fp16.safetensors", 0.8, 0.8))));
        Picture two = only(
                request("sd15", loras(new LoraUse("kohya_fp16", 0.8, 0.8), new LoraUse("diffusers_peft", -0.5, 1))));
        Picture none = only(request("sd15", loras(new LoraUse("kohya_fp16", 0, 0))));
        assertThat(Pixels.largestDifference(one, before)).isPositive();
        assertThat(Pixels.largestDifference(two, one)).isPositive();
        assertThat(Pixels.largestDifference(none, before)).isZero();
        assertThat(only(request("sd15", ImageFeatures.NONE)).rgb()).isEqualTo(before.rgb());
        assertThat(engine.nativeHandles()).isEqualTo(handles);
    }

    @Test
    void aLoraForAnotherArchitectureIsRefused() {
        assertThatThrownBy(() -> only(request("sd15", loras(new LoraUse("sdxl_kohya", 1, 1)))))
                .isInstanceOf(EngineException.Unsupported.class)
                .hasMessageContaining("another architecture");
        assertThatThrownBy(() -> only(request("sd15", loras(new LoraUse("nobody", 1, 1)))))
                .isInstanceOf(EngineException.Unsupported.class)
                .hasMessage("there is no LoRA nobody here");
        assertThatThrownBy(
                        () -> only(request("sd15", loras(new LoraUse("../sd15/unet/diffusion_pytorch_model", 1, 1)))))
                .hasMessageStartingWith("there is no LoRA ../");
    }

    @Test
    void hiresFixPaintsTwiceAndCountsOn() throws Exception {
        ImageFeatures hires = new ImageFeatures(
                Optional.empty(), List.of(), Optional.empty(), false, Optional.of(new HiresFix(0.5)), List.of());
        Picture twice = only(sized("large", 576, 640, 4, hires));
        assertThat(twice.width()).isEqualTo(576);
        assertThat(twice.height()).isEqualTo(640);
        List<Position> denoising = recorder.positions().stream()
                .filter(p -> p.phase() == Phase.DENOISING)
                .distinct()
                .toList();
        assertThat(denoising).hasSize(9).isSorted().last().isEqualTo(new Position(Phase.DENOISING, 8, 8));
        Picture once = only(sized("large", 576, 640, 4, ImageFeatures.NONE));
        assertThat(Pixels.meanDifference(twice, once)).isGreaterThan(1);
        // Too small for two passes, by the reference worker's rules.
        assertThat(only(request("sd15", hires)).rgb())
                .isEqualTo(only(request("sd15", ImageFeatures.NONE)).rgb());
    }

    @Test
    void aControlNetIsFollowed() throws Exception {
        Picture plain = only(request("sd15", ImageFeatures.NONE));
        Picture followed = only(request("sd15", control(ControlUse.Type.NONE, false)));
        Picture edges = only(request("sd15", control(ControlUse.Type.CANNY, false)));
        assertThat(Pixels.largestDifference(followed, plain)).isPositive();
        assertThat(Pixels.largestDifference(edges, followed)).isPositive();
        Picture map = only(request("sd15", control(ControlUse.Type.CANNY, true)));
        for (byte value : map.rgb()) {
            assertThat(value == 0 || value == -1).isTrue();
        }
    }

    @Test
    void eachPictureOfABatchGetsTheControlMap() throws Exception {
        ImageRequest two = new ImageRequest(
                        "sd15", "a red apple", "", 64, 64, 4, Sampler.EULER, 5, 41, 1, 2, Optional.empty())
                .with(control(ControlUse.Type.CANNY, true));
        assertThat(engine.run(ATTEMPT, two, recorder)).extracting(Drawing::seed).containsExactly(41L, 42L);
    }

    @Test
    void anUpscalerEnlargesWhatWasPainted() throws Exception {
        ImageFeatures larger = new ImageFeatures(
                Optional.empty(), List.of(), Optional.empty(), false, Optional.empty(), List.of("model"));
        Picture picture = only(request("sd15", larger));
        assertThat(picture.width()).isEqualTo(256);
        assertThat(picture.height()).isEqualTo(256);
        assertThat(recorder.positions()).contains(new Position(Phase.POST_PROCESSING, 1, 1));
        assertThat(engine.resident()).doesNotContain("upscaler/model");
        ImageFeatures unknown = new ImageFeatures(
                Optional.empty(), List.of(), Optional.empty(), false, Optional.empty(), List.of("4x"));
        assertThatThrownBy(() -> only(request("sd15", unknown)))
                .hasMessage("there is no upscaler 4x here; there are [model, model-old-esrgan-keys]");
    }

    @Test
    void tilingPaintsAnotherPictureAndKeepsThePlainOne() throws Exception {
        ImageFeatures tiling =
                new ImageFeatures(Optional.empty(), List.of(), Optional.empty(), true, Optional.empty(), List.of());
        Picture plain = only(request("sd15", ImageFeatures.NONE));
        Picture seamless = only(request("sd15", tiling));
        assertThat(Pixels.largestDifference(plain, seamless)).isPositive();
        assertThat(Pixels.largestDifference(only(request("sd15", tiling)), seamless))
                .isZero();
        assertThat(Pixels.largestDifference(only(request("sd15", ImageFeatures.NONE)), plain))
                .isZero();
    }

    @Test
    void whatItWasMadeWithStandsInThePicture() throws Exception {
        ImageFeatures features = new ImageFeatures(
                        Optional.empty(),
                        List.of(new LoraUse("kohya_fp16", 0.8, 0.5)),
                        Optional.empty(),
                        true,
                        Optional.empty(),
                        List.of("model"))
                .withSource(source(0.6, Optional.empty(), SourceImage.Mode.IMG2IMG)
                        .source()
                        .orElseThrow());
        Drawing drawing =
                engine.run(ATTEMPT, request("sd15", features), recorder).getFirst();
        assertThat(drawing.texts().get(TextKeys.A1111))
                .contains(
                        "Denoising strength: 0.6, Tiling: True, LoRAs: \"kohya_fp16:0.8\", Postprocess upscaler: model");
        assertThat(drawing.texts().get(TextKeys.JSON))
                .contains("\"strength\":0.6")
                .contains("{\"file\":\"kohya_fp16\",\"model\":0.8,\"clip\":0.5}");
    }

    @Test
    void aSourceThatIsNoPictureIsThePictures() {
        SourceImage broken = new SourceImage(
                recorder.keep("source", new byte[] {1, 2, 3}), Optional.empty(), 0.5, SourceImage.Mode.IMG2IMG);
        assertThatThrownBy(() -> only(request("sd15", ImageFeatures.NONE.withSource(broken))))
                .isInstanceOf(EngineException.BadSource.class)
                .hasMessage("the source picture cannot be used: the picture is neither PNG nor JPEG nor WebP");
    }

    @Test
    void anEmbeddingThatIsNotThereIsRefused() {
        ImageRequest request = new ImageRequest(
                "sd15", "a (embedding:nobody:1.1)", "", 64, 64, 2, Sampler.DDIM, 5, 41, 1, 1, Optional.empty());
        assertThatThrownBy(() -> only(request)).hasMessage("there is no embedding nobody here");
    }

    @Test
    void theNegativePromptMayStandBehindThePrompt() throws Exception {
        ImageRequest apart = new ImageRequest(
                "sd15", "a red apple", "blurry", 64, 64, 2, Sampler.DDIM, 5, 41, 1, 1, Optional.empty());
        ImageRequest together = new ImageRequest(
                "sd15", "a red apple ### blurry ### x", "", 64, 64, 2, Sampler.DDIM, 5, 41, 1, 1, Optional.empty());
        assertThat(only(together).rgb()).isEqualTo(only(apart).rgb());
    }

    private static Picture seenByTheAutoencoder(Path path, Picture source) throws EngineException {
        Torch torch = new Torch(TorchOptions.cpu(2));
        try (StableDiffusion model =
                StableDiffusion.load(torch, ModelSource.at(path), DataType.FLOAT32, (bytes, of) -> {})) {
            StableDiffusion.LatentSize size = model.latentSize(64, 64);
            float[] planes = new float[3 * 64 * 64];
            for (int i = 0; i < planes.length; i++) {
                planes[i] = (source.rgb()[3 * (i % 4096) + i / 4096] & 0xFF) / 127.5f - 1;
            }
            float[] latents = model.encode(planes, size, new float[size.elements()]);
            return model.picture(model.decode(latents, size), 64, 64);
        } finally {
            torch.close();
        }
    }

    private ImageFeatures source(double strength, Optional<Picture> mask, SourceImage.Mode mode) {
        return ImageFeatures.NONE.withSource(new SourceImage(
                recorder.keep("source", Pixels.png(SOURCE)),
                mask.map(it -> recorder.keep("mask", Pixels.png(it))),
                strength,
                mode));
    }

    private static ImageFeatures loras(LoraUse... loras) {
        return new ImageFeatures(
                Optional.empty(), List.of(loras), Optional.empty(), false, Optional.empty(), List.of());
    }

    private ImageFeatures control(ControlUse.Type type, boolean map) {
        return ImageFeatures.NONE.withControl(
                new ControlUse("controlnet", recorder.keep("control", Pixels.png(MASK)), type, 1, map));
    }

    private static ImageRequest request(String model, ImageFeatures features) {
        return sized(model, 64, 64, 4, features);
    }

    private static ImageRequest sized(String model, int width, int height, int steps, ImageFeatures features) {
        return new ImageRequest(
                        model, "a red apple", "", width, height, steps, Sampler.EULER, 5, 41, 1, 1, Optional.empty())
                .with(features);
    }

    /** The same with another seed. */
    private static ImageRequest seeded(ImageRequest r) {
        return new ImageRequest(
                        r.model(),
                        r.prompt(),
                        "",
                        r.width(),
                        r.height(),
                        r.steps(),
                        r.sampler(),
                        5,
                        77,
                        1,
                        1,
                        Optional.empty())
                .with(r.features());
    }

    private Picture only(ImageRequest request) throws EngineException {
        return only(engine, request);
    }

    private Picture only(PyTorchEngine other, ImageRequest request) throws EngineException {
        List<Drawing> drawings = other.run(ATTEMPT, request, recorder);
        assertThat(drawings).hasSize(1);
        return drawings.getFirst().picture();
    }
}
