package drover.inference.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.DataType;
import drover.diffusion.ExtraFiles;
import drover.diffusion.Fixtures;
import drover.diffusion.ModelCatalog;
import drover.diffusion.ModelPlaces;
import drover.graph.TorchOptions;
import drover.inference.AttemptId;
import drover.inference.Drawing;
import drover.inference.EngineException;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.inference.Phase;
import drover.inference.Position;
import drover.inference.Sampler;
import drover.picture.Picture;
import drover.picture.TextKeys;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PyTorchEngineTest {
    private static final AttemptId ATTEMPT = new AttemptId(new JobId("test"), 1);

    private PyTorchEngine engine;

    @BeforeEach
    void start() {
        engine = engine(1L << 30);
    }

    @AfterEach
    void stop() {
        engine.close();
        assertThat(engine.nativeHandles()).as("native objects left behind").isZero();
    }

    @Test
    void drawsAndOnlyEverAdvances() throws Exception {
        assertThat(engine.models()).containsExactly("sd15");
        assertThat(engine.resident()).isEmpty();
        Recorder recorder = new Recorder();
        List<Drawing> drawings = engine.run(ATTEMPT, request(64, 48, 3, 2), recorder);

        assertThat(drawings).extracting(Drawing::seed).containsExactly(41L, 42L);
        for (Drawing drawing : drawings) {
            assertThat(drawing.picture().width()).isEqualTo(64);
            assertThat(drawing.picture().height()).isEqualTo(48);
            assertThat(drawing.texts()).containsKeys(TextKeys.A1111, TextKeys.JSON);
        }
        assertThat(drawings.get(0).picture().rgb())
                .isNotEqualTo(drawings.get(1).picture().rgb());

        for (int i = 1; i < recorder.positions().size(); i++) {
            assertThat(recorder.positions().get(i))
                    .isGreaterThanOrEqualTo(recorder.positions().get(i - 1));
        }
        assertThat(recorder.positions())
                .containsSubsequence(
                        new Position(Phase.LOADING, 0, 1),
                        new Position(Phase.LOADING, 1, 1),
                        new Position(Phase.ENCODING, 0, 1),
                        new Position(Phase.DENOISING, 0, 6),
                        new Position(Phase.DENOISING, 2, 6),
                        new Position(Phase.DENOISING, 4, 6),
                        new Position(Phase.DENOISING, 6, 6),
                        new Position(Phase.DECODING, 0, 2),
                        new Position(Phase.DECODING, 1, 2),
                        new Position(Phase.DECODING, 2, 2));
        assertThat(engine.resident()).containsExactly("sd15");
    }

    @Test
    void sameRequestSamePixelsOnAnyThread() throws Exception {
        byte[] first = picture(request(64, 64, 4, 1)).rgb();
        assertThat(picture(request(64, 64, 4, 1)).rgb()).isEqualTo(first);
        ExecutorService runners = Executors.newFixedThreadPool(2);
        try {
            List<CompletableFuture<byte[]>> both = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                both.add(CompletableFuture.supplyAsync(
                        () -> {
                            try {
                                return picture(request(64, 64, 4, 1)).rgb();
                            } catch (EngineException e) {
                                throw new IllegalStateException(e);
                            }
                        },
                        runners));
            }
            for (CompletableFuture<byte[]> one : both) {
                assertThat(one.get(60, TimeUnit.SECONDS)).isEqualTo(first);
            }
        } finally {
            runners.shutdownNow();
        }
    }

    @Test
    void thePlaceInTheRequestDoesNotMatterOnlyTheSeed() throws Exception {
        List<Drawing> two = engine.run(ATTEMPT, request(64, 64, 2, 2), new Recorder());
        ImageRequest second =
                new ImageRequest("sd15", "a red apple", "", 64, 64, 2, Sampler.DDIM, 5, 42, 1, 1, Optional.empty());
        ImageRequest both = request(64, 64, 2, 1);
        assertThat(Pixels.largestDifference(picture(second), two.get(1).picture()))
                .isLessThanOrEqualTo(1);
        assertThat(Pixels.largestDifference(picture(both), two.get(0).picture()))
                .isLessThanOrEqualTo(1);
    }

    @Test
    void tenPicturesLeaveNoHandles() throws Exception {
        picture(request(64, 64, 1, 1));
        long loaded = engine.nativeHandles();
        assertThat(loaded).as("the weights at least").isGreaterThan(800);
        for (int i = 0; i < 10; i++) {
            picture(request(64, 64, 1, 1));
        }
        assertThat(engine.nativeHandles()).isEqualTo(loaded);
    }

    @Test
    void cancellationStopsItBetweenTwoSteps() throws Exception {
        picture(request(64, 64, 1, 1));
        long before = engine.nativeHandles();
        for (Position stop : List.of(
                new Position(Phase.DENOISING, 0, 4),
                new Position(Phase.DENOISING, 2, 4),
                new Position(Phase.DECODING, 1, 1))) {
            Recorder recorder = new Recorder(stop::equals);
            assertThatThrownBy(() -> engine.run(ATTEMPT, request(64, 64, 4, 1), recorder))
                    .isInstanceOf(EngineException.Cancelled.class);
            assertThat(engine.nativeHandles()).isEqualTo(before);
        }
    }

    @Test
    void cancellationStopsLoading() {
        Recorder recorder = new Recorder(p -> p.phase() == Phase.LOADING);
        assertThatThrownBy(() -> engine.run(ATTEMPT, request(64, 64, 4, 1), recorder))
                .isInstanceOf(EngineException.Cancelled.class);
        assertThat(engine.resident()).isEmpty();
        assertThat(engine.nativeHandles()).isZero();
    }

    @Test
    void whatCannotBeDoneIsRefusedWithTheReason() {
        assertThatThrownBy(() -> picture(request(60, 64, 1, 1)))
                .isInstanceOf(EngineException.Unsupported.class)
                .hasMessage("width and height must be multiples of 8 for this model, but were 60x64");
        assertThatThrownBy(() -> picture(request(4096, 64, 1, 1)))
                .isInstanceOf(EngineException.Unsupported.class)
                .hasMessage("sd15 draws at most 256 pixels a side, but 4096x64 was asked for");
        ImageRequest unknown = new ImageRequest("sdxl", "", "", 64, 64, 1, Sampler.DDIM, 5, 1, 1, 1, Optional.empty());
        assertThatThrownBy(() -> picture(unknown)).hasMessage("there is no model sdxl here; there are [sd15]");
        ImageRequest skip = new ImageRequest("sd15", "", "", 64, 64, 1, Sampler.DDIM, 5, 1, 5, 1, Optional.empty());
        assertThatThrownBy(() -> picture(skip))
                .isInstanceOf(EngineException.Unsupported.class)
                .hasMessageContaining("clip_skip is 5");
    }

    @Test
    void aModelBeyondTheBudgetIsOutOfMemory() {
        try (PyTorchEngine small = engine(1000)) {
            assertThatThrownBy(() -> small.run(ATTEMPT, request(64, 64, 1, 1), new Recorder()))
                    .isInstanceOf(EngineException.OutOfMemory.class)
                    .hasMessageContaining("of the 1000 bytes for models 0 are in use");
        }
    }

    @Test
    void aClosedEngineSaysSo() {
        engine.close();
        assertThatThrownBy(() -> picture(request(64, 64, 1, 1))).hasMessage("the engine is shutting down");
    }

    @Test
    void closingDuringARunLetsItFinish() throws Exception {
        Recorder closing = new Recorder() {
            @Override
            public void at(Position position) {
                super.at(position);
                if (position.phase() == Phase.DENOISING && position.step() == 1) {
                    engine.close();
                }
            }
        };
        assertThat(engine.run(ATTEMPT, request(64, 64, 2, 1), closing)).hasSize(1);
        assertThat(engine.nativeHandles()).isZero();
    }

    @Test
    void modelsThatHaveComeOrChangedAreFoundAndThoseInMemoryAreLoadedAnew(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("models.yaml"), "");
        TinyModels.copy(folder.resolve("models/one"));
        ModelPlaces places = new ModelPlaces(List.of(folder.resolve("models")), Optional.of(file));
        try (PyTorchEngine other = new PyTorchEngine(ModelCatalog.scan(places), settings(1L << 30))) {
            assertThat(other.rescan()).isFalse();
            ImageRequest request =
                    new ImageRequest("one", "a red apple", "", 64, 64, 2, Sampler.DDIM, 5, 41, 1, 1, Optional.empty());
            byte[] before = other.run(ATTEMPT, request, new Recorder())
                    .getFirst()
                    .picture()
                    .rgb();
            assertThat(other.resident()).containsExactly("one");

            TinyModels.copy(folder.resolve("models/two"));
            assertThat(other.rescan()).isTrue();
            assertThat(other.models()).containsExactly("one", "two");
            assertThat(other.resident()).containsExactly("one");

            Files.writeString(file, "one: {prediction: v_prediction}");
            assertThat(other.rescan()).isTrue();
            assertThat(other.resident()).isEmpty();
            assertThat(other.run(ATTEMPT, request, new Recorder())
                            .getFirst()
                            .picture()
                            .rgb())
                    .isNotEqualTo(before);
        }
    }

    private static PyTorchEngine engine(long modelBytes) {
        ModelCatalog catalog = ModelCatalog.scan(List.of(Fixtures.path("sd15")));
        return new PyTorchEngine(catalog, settings(modelBytes));
    }

    private static PyTorchSettings settings(long modelBytes) {
        return new PyTorchSettings(
                TorchOptions.cpu(2),
                DataType.FLOAT32,
                modelBytes,
                1L << 30,
                ExtraFiles.below(Fixtures.path("")),
                "test");
    }

    private Picture picture(ImageRequest request) throws EngineException {
        return engine.run(ATTEMPT, request, new Recorder()).getFirst().picture();
    }

    private static ImageRequest request(int width, int height, int steps, int count) {
        return new ImageRequest(
                "sd15", "a red apple", "", width, height, steps, Sampler.DDIM, 5, 41, 1, count, Optional.empty());
    }
}
