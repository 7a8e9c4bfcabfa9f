package drover.source.addons;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import drover.source.addons.AddOnStore.Reply;
import drover.source.models.Baseline;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;

/** How files come, and how they do not. */
class AddOnStoreTest extends AddOnStoreFixture {
    @Test
    void aLoraIsFoundByNameDownloadedAndKept() throws IOException {
        offer(7, "A Style", "sd.safetensors", sha256(weights), false);
        pages.put("/file/7", bytes(weights));
        ActorRef<AddOnStore.Command> store = store(true);

        Reply.Ready ready = ready(get(store, new AddOnName("a style", false)));

        assertThat(ready.path()).hasBinaryContent(weights).hasFileName("7.safetensors");
        assertThat(ready.triggerWords()).containsExactly("a word", "another");
        assertThat(ready.fits(Baseline.STABLE_DIFFUSION_1)).isTrue();
        assertThat(ready.fits(Baseline.STABLE_DIFFUSION_XL)).isFalse();
        assertThat(ready.titles()).containsExactly("A Style", "107", "7");
        assertThat(asked)
                .hasSize(2)
                .first()
                .asString()
                .contains("query=a%20style")
                .contains("nsfw=true");
        ready(get(store, new AddOnName("7", true)));
        ready(get(store, new AddOnName("A STYLE", false)));
        assertThat(asked).hasSize(2);

        // It is still there after a restart, and still known by its name.
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(folder.resolve("loras.json")).content().contains("a style"));
        kit.stop(store);
        assertThat(ready(get(store(true), new AddOnName("a style", false))).path())
                .isEqualTo(ready.path());
        assertThat(asked).hasSize(2);
    }

    @Test
    void aModelIsFoundByItsNumberAndAVersionByItsOwn() {
        pages.put("/api/v1/models/70", json(model(70, "B", "LoCon", version(8, "b.safetensors", sha256(weights)))));
        pages.put("/file/8", bytes(weights));
        ActorRef<AddOnStore.Command> store = store(true);
        assertThat(ready(get(store, new AddOnName("70", false))).path()).hasFileName("8.safetensors");

        pages.put(
                "/api/v1/model-versions/9",
                json(version(9, "c.safetensors", sha256(weights))
                        .replaceFirst("\\{", "{\"modelId\": 71, \"model\": {\"name\": \"C\", \"type\": \"LORA\"}, ")));
        pages.put("/file/9", bytes(weights));
        assertThat(ready(get(store, new AddOnName("9", true))).path()).hasFileName("9.safetensors");
        assertThat(get(store, new AddOnName("10", true))).isInstanceOf(Reply.Unavailable.class);
    }

    @Test
    void anotherRegionsFileIsNotAskedForAgain() {
        offer(7, "A Style", "sd.safetensors", sha256(weights), false);
        pages.put("/file/7", status(451));
        ActorRef<AddOnStore.Command> store = store(true);

        Reply.Unavailable first = unavailable(get(store, new AddOnName("A Style", false)));
        assertThat(first.problem()).isEqualTo(AddOnProblem.REFUSED);
        assertThat(first.name().text()).as("as the job has it").isEqualTo("A Style");
        unavailable(get(store, new AddOnName("A Style", false)));
        assertThat(asked).hasSize(2);
    }

    @Test
    void whatIsMissingOnceIsAskedForOnceMore() {
        offer(7, "A Style", "sd.safetensors", sha256(weights), false);
        pages.put("/file/7", oneAfterAnother(status(404), bytes(weights)));
        ready(get(store(true), new AddOnName("A Style", false)));

        offer(8, "Gone", "gone.safetensors", sha256(weights), false);
        pages.put("/file/8", status(404));
        assertThat(unavailable(get(store(true), new AddOnName("Gone", false))).problem())
                .isEqualTo(AddOnProblem.REFUSED);
    }

    @Test
    void aDownloadThatBreaksOffIsGoneOnWith() {
        offer(7, "A Style", "sd.safetensors", sha256(weights), false);
        Page half = exchange -> {
            exchange.sendResponseHeaders(200, weights.length);
            exchange.getResponseBody().write(weights, 0, weights.length / 2);
            exchange.getResponseBody().flush();
            throw new IOException("broken off");
        };
        pages.put("/file/7", oneAfterAnother(half, bytes(weights)));

        assertThat(ready(get(store(true), new AddOnName("A Style", false))).path())
                .hasBinaryContent(weights);
    }

    @Test
    void whatIsNotWhatWasPromisedIsNotKept() throws IOException {
        offer(7, "Wrong", "sd.safetensors", sha256(new byte[1]), false);
        pages.put("/file/7", bytes(weights));
        ActorRef<AddOnStore.Command> store = store(true);
        assertThat(unavailable(get(store, new AddOnName("Wrong", false))).problem())
                .isEqualTo(AddOnProblem.WRONG_CONTENT);

        byte[] pickle = "PK, and then a pickle".getBytes(StandardCharsets.US_ASCII);
        offer(8, "Pickle", "sd.safetensors", sha256(pickle), false);
        pages.put("/file/8", bytes(pickle));
        assertThat(unavailable(get(store, new AddOnName("Pickle", false))).problem())
                .isEqualTo(AddOnProblem.NOT_SAFETENSORS);

        offer(9, "Old", "old.ckpt", sha256(pickle), false);
        assertThat(unavailable(get(store, new AddOnName("Old", false))).problem())
                .isEqualTo(AddOnProblem.NOT_SAFETENSORS);
        assertThat(asked).doesNotContain("/file/9");
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.filter(file -> !file.getFileName().toString().startsWith("loras.json")))
                    .isEmpty();
        }
    }

    @Test
    void whatSomebodyElseHasDeletedIsDownloadedAgain() throws IOException {
        offer(7, "A Style", "sd.safetensors", sha256(weights), false);
        pages.put("/file/7", bytes(weights));
        ActorRef<AddOnStore.Command> store = store(true);
        Files.delete(ready(get(store, new AddOnName("A Style", false))).path());

        assertThat(ready(get(store, new AddOnName("A Style", false))).path()).hasBinaryContent(weights);
    }

    @Test
    void aWorkerThatIsSafeForWorkDownloadsNothingElse() {
        offer(7, "A Style", "sd.safetensors", sha256(weights), true);
        pages.put("/file/7", bytes(weights));
        ActorRef<AddOnStore.Command> store = store(true);

        store.tell(new AddOnStore.Get(new AddOnName("A Style", false), false, soon(), soon(), job.ref()));

        assertThat(unavailable(job.receiveMessage(PATIENCE)).problem()).isEqualTo(AddOnProblem.NSFW);
        assertThat(asked).hasSize(1);
    }

    @Test
    void aSlowFileHoldsNothingElseUp() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        offer(7, "Slow", "sd.safetensors", sha256(weights), false);
        pages.put("/file/7", exchange -> {
            begun.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            bytes(weights).answer(exchange);
        });
        ActorRef<AddOnStore.Command> store = store(true);
        TestProbe<Reply> patient = kit.createTestProbe();
        store.tell(new AddOnStore.Get(new AddOnName("Slow", false), true, soon(), soon(), patient.ref()));
        begun.await();

        offer(8, "Fast", "sd.safetensors", sha256(weights), false);
        pages.put("/file/8", bytes(weights));
        ready(get(store, new AddOnName("Fast", false)));
        patient.expectNoMessage(Duration.ZERO);

        go.countDown();
        ready(patient.receiveMessage(PATIENCE));
    }

    @Test
    void theTokenIsShownToTheSiteAndToNobodyElse() throws IOException {
        List<String> shown = new CopyOnWriteArrayList<>();
        HttpServer elsewhere = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        elsewhere.createContext("/", exchange -> {
            try (exchange) {
                shown.add("elsewhere " + exchange.getRequestHeaders().getFirst("Authorization"));
                bytes(weights).answer(exchange);
            }
        });
        elsewhere.start();
        try {
            offer(7, "A Style", "sd.safetensors", sha256(weights), false);
            pages.put("/file/7", exchange -> {
                shown.add("site " + exchange.getRequestHeaders().getFirst("Authorization"));
                exchange.getResponseHeaders()
                        .set(
                                "Location",
                                "http://127.0.0.1:" + elsewhere.getAddress().getPort() + "/x?sig=1");
                exchange.sendResponseHeaders(302, -1);
            });

            ready(get(store(true), new AddOnName("A Style", false)));
        } finally {
            elsewhere.stop(0);
        }
        assertThat(shown).containsExactly("site Bearer " + TOKEN.reveal(), "elsewhere null");
    }

    @Test
    void addressesOfThisMachineAreNotFetchedFromUnlessAllowed() {
        offer(7, "A Style", "sd.safetensors", sha256(weights), false);

        assertThat(unavailable(get(store(false), new AddOnName("A Style", false)))
                        .problem())
                .isEqualTo(AddOnProblem.REFUSED);
        assertThat(asked).isEmpty();
    }

    @Test
    void aListThatCannotBeReadIsBegunAnew() throws IOException {
        Files.writeString(folder.resolve("loras.json"), "{\"format\": 1, \"loras\": [");
        Files.write(folder.resolve("5.safetensors"), weights);
        Files.writeString(folder.resolve("notes.txt"), "mine");
        offer(7, "A Style", "sd.safetensors", sha256(weights), false);
        pages.put("/file/7", bytes(weights));

        ready(get(store(true), new AddOnName("A Style", false)));

        assertThat(folder.resolve("5.safetensors")).doesNotExist();
        assertThat(folder.resolve("notes.txt")).exists();
    }
}
