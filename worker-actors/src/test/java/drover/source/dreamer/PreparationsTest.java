package drover.source.dreamer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import drover.horde.Downloader;
import drover.horde.GenMetadata;
import drover.horde.ImageJob;
import drover.horde.Retries;
import drover.inference.Artifact;
import drover.inference.AssetRef;
import drover.inference.AssetStore;
import drover.inference.AttemptId;
import drover.inference.HiresFix;
import drover.inference.ImageFeatures;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.inference.LoraUse;
import drover.inference.Sampler;
import drover.picture.Picture;
import drover.picture.PngEncoder;
import drover.source.addons.AddOn;
import drover.source.addons.AddOnProblem;
import drover.source.addons.AddOnStore;
import drover.source.bridge.BridgeData;
import drover.source.models.Baseline;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ForkJoinPool;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The test plays the stores of LoRAs and of textual inversions. */
class PreparationsTest {
    private static final BridgeData.Content ANYTHING = new BridgeData.Content(true, false, List.of(), List.of());
    private static final Path FOLDER = Path.of("/models/loras");

    private final ActorTestKit kit = ActorTestKit.create();
    private final TestProbe<AddOnStore.Command> loras = kit.createTestProbe();
    private final TestProbe<AddOnStore.Command> inversions = kit.createTestProbe();

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    /** A disk that is full. */
    private static final class Full implements AssetStore {
        @Override
        public AssetRef put(AttemptId attempt, int index, Artifact artifact) throws IOException {
            throw new IOException("no space left");
        }

        @Override
        public AssetRef putInput(JobId job, String name, String mediaType, byte[] bytes) throws IOException {
            throw new IOException("no space left");
        }

        @Override
        public void removeInputs(JobId job) {}

        @Override
        public InputStream open(AssetRef ref) throws IOException {
            throw new IOException("nothing is here");
        }

        @Override
        public boolean holds(AssetRef ref) {
            return false;
        }
    }

    private Preparations preparations() {
        return new Preparations(
                new Downloader(
                        kit.system(),
                        Downloader.Limits.SOURCE_IMAGES,
                        Retries.of(kit.system(), Instant::now, new Random(1))),
                new LoraWishes(
                        new LoraWishes.Shop(loras.ref(), FOLDER),
                        new LoraWishes.Shop(inversions.ref(), Path.of("/models/embeddings")),
                        kit.scheduler(),
                        ForkJoinPool.commonPool()),
                new Full(),
                ForkJoinPool.commonPool());
    }

    private CompletableFuture<Preparation> prepare(ImageJob job) {
        Instant now = Instant.now();
        return preparations()
                .prepare(
                        new JobId("job"),
                        job,
                        new KnownModel("sd", Baseline.STABLE_DIFFUSION_1, false),
                        ANYTHING,
                        Duration.ofSeconds(30),
                        now,
                        now.plusSeconds(150))
                .toCompletableFuture();
    }

    private static AddOnStore.Lease give(TestProbe<AddOnStore.Command> store, AddOn kind, long number) {
        AddOnStore.Get get = store.expectMessageClass(AddOnStore.Get.class);
        AddOnStore.Lease lease = new AddOnStore.Lease(kind, number);
        answer(
                get.replyTo(),
                new AddOnStore.Reply.Ready(
                        get.name(),
                        lease,
                        FOLDER.resolve("horde").resolve(number + ".safetensors"),
                        "SD 1.5",
                        List.of("word"),
                        false,
                        List.of("A Name", "70", "7")));
        return lease;
    }

    private static void answer(ActorRef<AddOnStore.Reply> asker, AddOnStore.Reply reply) {
        asker.tell(reply);
    }

    private static String withPicture(String more) {
        byte[] png = PngEncoder.encode(new Picture(64, 64, new byte[64 * 64 * 3]), Map.of());
        return "{\"prompt\": \"x\"" + more + "}, \"source_processing\": \"img2img\", \"source_image\": \""
                + Base64.getEncoder().encodeToString(png) + "\"";
    }

    @Test
    void whatAJobThatCannotBePreparedWasGivenIsGivenBackAtOnce() {
        CompletableFuture<Preparation> prepared =
                prepare(ImageRequestsTest.job(withPicture(", \"loras\": [{\"name\": \"one\"}, {\"name\": \"two\"}]")));
        AddOnStore.Lease first = give(loras, AddOn.LORA, 1);
        AddOnStore.Lease second = give(loras, AddOn.LORA, 2);

        assertThatThrownBy(prepared::join).hasMessageContaining("no space left");
        assertThat(List.of(
                        loras.expectMessageClass(AddOnStore.Release.class).lease(),
                        loras.expectMessageClass(AddOnStore.Release.class).lease()))
                .containsExactly(first, second);
    }

    @ParameterizedTest
    @CsvSource({
        "'', 0.65",
        "', \"hires_fix_denoising_strength\": 0.4', 0.4",
        "', \"hires_fix_denoising_strength\": 9', 1",
        "', \"denoising_strength\": 0.3', 0.65",
        "', \"hires_fix_denoising_strength\": \"x\"', 0.65",
    })
    void theSecondPassIsAsStrongAsIsSaidWhateverStraysThere(String more, double strength) {
        ImageRequest request = prepare(ImageRequestsTest.job("{\"prompt\": \"x\", \"hires_fix\": true" + more + "}"))
                .join()
                .request();
        assertThat(request.features().hiresFix()).contains(new HiresFix(strength));
        assertThat(request.features().source()).isEmpty();
    }

    /** The disk takes no pictures here, so none is made up in the place of the one that cannot be read. */
    @ParameterizedTest
    @CsvSource({"inpainting", "outpainting", "img2img", "remix", "unheard of"})
    void whateverWasToBeDoneWithASourceThatIsNoneItIsDrawnWithout(String processing) {
        Preparation preparation = prepare(ImageRequestsTest.job(
                        "{\"prompt\": \"x\", \"denoising_strength\": 0.3}, \"source_image\": \"no picture\","
                                + " \"source_processing\": \"" + processing + "\""))
                .join();
        assertThat(preparation.request().features().source()).isEmpty();
        assertThat(preparation.remarks()).containsExactly(GenMetadata.sourceImageParseFailed());
    }

    @Test
    void aMaskWithoutASourceIsNothing() {
        Preparation preparation = prepare(ImageRequestsTest.job("{\"prompt\": \"x\"}, \"source_mask\": \"no picture\","
                        + " \"source_processing\": \"inpainting\""))
                .join();
        assertThat(preparation.request().features().source()).isEmpty();
        assertThat(preparation.remarks()).isEmpty();
    }

    @Test
    void aJobGetsItsLorasAndGivesThemBack() {
        CompletableFuture<Preparation> prepared = prepare(ImageRequestsTest.job(
                "{\"prompt\": \"x\", \"loras\": [{\"name\": \"one\", \"model\": 0.5, \"inject_trigger\": \"any\"}]}"));
        give(loras, AddOn.LORA, 1);

        Preparation preparation = prepared.join();
        ImageRequest request = preparation.request();
        assertThat(request.features().loras()).containsExactly(new LoraUse("horde/1.safetensors", 0.5, 1));
        assertThat(request.prompt()).isEqualTo("word, x");
        assertThat(preparation.leases()).hasSize(1);
        assertThat(preparation.remarks()).isEmpty();
    }

    @Test
    void whatAnEarlierProcessHasPreparedStays() {
        Instant until = Instant.EPOCH.plusSeconds(150);
        ImageRequest request = new ImageRequest(
                "sd", "a (embedding:horde/9:1.1)", "", 64, 64, 20, Sampler.EULER, 5, 1, 1, 1, Optional.empty());
        preparations()
                .keep(
                        request.with(new ImageFeatures(
                                Optional.empty(),
                                List.of(new LoraUse("horde/1.safetensors", 1, 1)),
                                Optional.empty(),
                                false,
                                Optional.empty(),
                                List.of())),
                        until);

        loras.expectMessage(new AddOnStore.Keep(FOLDER.resolve("horde/1.safetensors"), until));
        inversions.expectMessage(new AddOnStore.Keep(Path.of("/models/embeddings/horde/9.safetensors"), until));
    }

    @Test
    void moreTextualInversionsThanTheHordeAllowsAreLeftOutAndSaid() {
        String tis = String.join(", ", Collections.nCopies(22, "{\"name\": \"x\"}"));
        CompletableFuture<Preparation> prepared =
                prepare(ImageRequestsTest.job("{\"prompt\": \"x\", \"tis\": [" + tis + "]}"));
        for (int i = 0; i < 20; i++) {
            AddOnStore.Get get = inversions.expectMessageClass(AddOnStore.Get.class);
            answer(get.replyTo(), new AddOnStore.Reply.Unavailable(get.name(), AddOnProblem.REFUSED, "no"));
        }
        inversions.expectNoMessage(Duration.ZERO);

        assertThat(prepared.join().remarks())
                .hasSize(22)
                .allMatch(remark -> remark.type().equals("ti") && remark.value().equals("download_failed"));
    }
}
