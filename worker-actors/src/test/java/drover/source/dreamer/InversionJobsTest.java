package drover.source.dreamer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import drover.board.JobBoard;
import drover.board.SlotCommand;
import drover.horde.ApiKey;
import drover.horde.HordeRequester;
import drover.horde.HordeResult;
import drover.horde.ImageOrder;
import drover.horde.ImageParams;
import drover.horde.ImagePayload;
import drover.horde.Retries;
import drover.inference.Artifact;
import drover.inference.AssetRef;
import drover.inference.ImageRequest;
import drover.inference.SafetyResult;
import drover.job.AttemptTimings;
import drover.source.addons.AddOnStatus;
import drover.source.server.LocalHorde;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs that ask for textual inversions, with a Horde and with a site that has some of them. */
class InversionJobsTest {
    private static final byte[] WEBP =
            HexFormat.of().parseHex("524946461a000000574542505650384c0d0000002f00000010071011118888fe0700");
    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir
    private Path folder;

    private final ActorTestKit kit = ActorTestKit.create();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private HttpServer site;
    private LocalHorde horde;
    private HordeRequester requester;
    private HordeRig rig;

    @BeforeEach
    void start() throws Exception {
        horde = new LocalHorde(kit.system(), LocalHorde.Settings.REAL, Instant::now);
        requester = new HordeRequester(
                kit.system(),
                drover.horde.HordeSettings.of(
                        horde.url(), new ApiKey(horde.register("requester", true)), HordeRig.OFFICIAL),
                Retries.of(kit.system(), Instant::now, new Random(1)));
        site = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        site.setExecutor(threads);
        site.createContext("/", exchange -> {
            try (exchange) {
                String target = URLDecoder.decode(exchange.getRequestURI().toString(), StandardCharsets.UTF_8);
                byte[] answer = answer(target);
                exchange.sendResponseHeaders(answer.length == 0 ? 404 : 200, answer.length == 0 ? -1 : answer.length);
                exchange.getResponseBody().write(answer);
            }
        });
        site.start();
        rig = new HordeRig(
                folder,
                horde.url(),
                horde.register("owner", true),
                "http://127.0.0.1:" + site.getAddress().getPort());
    }

    @AfterEach
    void stop() throws IOException {
        rig.close();
        horde.close();
        site.stop(0);
        threads.shutdownNow();
        kit.shutdownTestKit();
    }

    private byte[] answer(String target) {
        if (target.endsWith("/file/7") || target.endsWith("/file/9")) {
            return vectors(768);
        }
        if (target.endsWith("query=bad hands")) {
            return model(70, 7, "Bad Hands", "SD 1.5");
        }
        if (target.endsWith("/models/80")) {
            return model(80, 8, "For The Large One", "SDXL 1.0");
        }
        return target.endsWith("/models/90") ? model(90, 9, "Ugly", "SD 1.5") : new byte[0];
    }

    private byte[] model(long id, long version, String name, String base) {
        String file = "http://127.0.0.1:" + site.getAddress().getPort() + "/file/" + (version == 8 ? 7 : version);
        String model = """
                {"id": %d, "name": "%s", "type": "TextualInversion", "nsfw": false, "modelVersions": [
                 {"id": %d, "baseModel": "%s", "files": [{"name": "a.safetensors", "type": "Model", "sizeKB": 4,
                  "downloadUrl": "%s"}]}]}
                """.formatted(id, name, version, base, file);
        return (id == 70 ? "{\"items\": [" + model + "]}" : model).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] vectors(int width) {
        byte[] header = "{\"emb_params\":{\"dtype\":\"F32\",\"shape\":[1,%d],\"data_offsets\":[0,%d]}}"
                .formatted(width, width * Float.BYTES)
                .getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(Long.BYTES + header.length + width * Float.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .put(header)
                .array();
    }

    private static ImagePayload.TextualInversion ti(String name, Optional<String> into, Optional<Double> strength) {
        return new ImagePayload.TextualInversion(name, into, strength);
    }

    private void order(String prompt, List<ImagePayload.TextualInversion> tis) {
        ImageParams plain = ImageParams.of(512, 512, 1, Optional.of(20), Optional.of("7"));
        ImageParams params = new ImageParams(
                plain.width(),
                plain.height(),
                plain.steps(),
                plain.cfgScale(),
                plain.samplerName(),
                plain.n(),
                plain.seed(),
                plain.seedVariation(),
                plain.denoisingStrength(),
                plain.hiresFixDenoisingStrength(),
                plain.karras(),
                plain.tiling(),
                plain.hiresFix(),
                plain.transparent(),
                plain.clipSkip(),
                plain.controlType(),
                plain.imageIsControl(),
                plain.returnControlMap(),
                plain.facefixerStrength(),
                List.of(),
                List.of(),
                tis,
                plain.workflow(),
                List.of());
        ImageOrder order = ImageOrder.of(prompt, params, List.of(HordeRig.MODEL));
        assertThat(requester.order(order).toCompletableFuture().join()).isInstanceOf(HordeResult.Ok.class);
    }

    @Test
    void whatIsToBeHadIsInThePromptsAndWhatIsNotIsSaid() throws IOException {
        rig.idle();
        order(
                "a hut, (embedding:90:1.1), embedding:80 ### rain",
                List.of(
                        ti("bad hands", Optional.of("negprompt"), Optional.of(0.8)),
                        ti("80", Optional.of("prompt"), Optional.empty()),
                        ti("90", Optional.empty(), Optional.empty()),
                        ti("404", Optional.of("prompt"), Optional.empty())));

        SlotCommand.Offer offer = rig.offered();
        ImageRequest request = (ImageRequest) offer.request();
        assertThat(request.prompt()).isEqualTo("a hut, (embedding:horde/9:1.1),");
        assertThat(request.negativePrompt()).isEqualTo("rain, (embedding:horde/7:0.8)");
        assertThat(folder.resolve("inversions/horde/7.safetensors")).hasBinaryContent(vectors(768));
        assertThat(rig.status().addOns())
                .filteredOn(it -> it.kind().equals("inversions"))
                .extracting(AddOnStatus::files)
                .containsExactly(3);

        AssetRef picture = rig.assets.put(offer.attempt(), 0, new Artifact("image/webp", WEBP, 7, SafetyResult.SAFE));
        rig.board.tell(new JobBoard.Produced(
                HordeRig.SLOT, offer.attempt(), List.of(picture), AttemptTimings.NONE, rig.keeper.ref()));
        await().atMost(LONG).until(() -> rig.open() == 0 && !horde.histories().isEmpty());
        String told =
                horde.histories().getFirst().accepted().orElseThrow().body().toString();
        assertThat(told)
                .contains("{\"type\":\"ti\",\"value\":\"baseline_mismatch\",\"ref\":\"80\"}")
                .contains("{\"type\":\"ti\",\"value\":\"download_failed\",\"ref\":\"404\"}")
                .doesNotContain("\"ref\":\"bad hands\"")
                .doesNotContain("\"ref\":\"90\"");
    }
}
