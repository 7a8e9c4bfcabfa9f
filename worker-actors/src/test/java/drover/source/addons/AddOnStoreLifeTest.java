package drover.source.addons;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import drover.setting.Secret;
import drover.source.addons.AddOnStore.Reply;
import drover.source.models.Baseline;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntConsumer;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;

/** Kinds of files, failures of the store itself, and its figures. */
class AddOnStoreLifeTest extends AddOnStoreFixture {
    @Test
    void aTextualInversionIsLookedForAmongItsLikeAndHasToHaveVectors() throws IOException {
        byte[] vectors = tensor("F32", "[2,768]", 2 * 768 * 4);
        pages.put(
                "/api/v1/models",
                json("{\"items\": ["
                        + model(70, "Bad Hands", "TextualInversion", version(7, "b.safetensors", sha256(vectors)))
                        + "]}"));
        pages.put("/file/7", bytes(vectors));
        ActorRef<AddOnStore.Command> store = store(settings(AddOn.TEXTUAL_INVERSION, true));

        Reply.Ready ready = ready(get(store, new AddOnName("bad hands", false)));
        assertThat(asked.getFirst()).contains("types=TextualInversion").doesNotContain("LORA");
        assertThat(ready.fits(Baseline.STABLE_DIFFUSION_1)).isTrue();
        assertThat(ready.fits(Baseline.STABLE_DIFFUSION_XL))
                .as("by its site's word")
                .isFalse();
        Files.write(ready.path(), tensor("F32", "[2,1024]", 2 * 1024 * 4));
        assertThat(ready.fits(Baseline.STABLE_DIFFUSION_1)).as("by its vectors").isFalse();
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(folder.resolve("inversions.json")).exists());

        pages.put(
                "/api/v1/models/71", json(model(71, "A Style", "LORA", version(8, "s.safetensors", sha256(weights)))));
        assertThat(unavailable(get(store, new AddOnName("71", false))).message())
                .contains("is no textual inversion");
        offer(9, "No Vectors", "n.safetensors", sha256(weights), false, "TextualInversion");
        pages.put("/file/9", bytes(weights));
        assertThat(unavailable(get(store, new AddOnName("No Vectors", false))).problem())
                .isEqualTo(AddOnProblem.NOT_SAFETENSORS);
    }

    /** Fails at a certain name, and otherwise does as the other does. */
    private record Fragile(AddOnSite site) implements AddOnSite {
        @Override
        public CompletionStage<Found> find(AddOnName name, AddOnSettings settings, Instant until) {
            if (name.text().equals("poison")) {
                throw new IllegalStateException("a fault of the site's");
            }
            return site.find(name, settings, until);
        }

        @Override
        public CompletionStage<Fetched> fetch(
                AddOnVersion version, Path target, AddOnSettings settings, Instant until, IntConsumer steps) {
            return site.fetch(version, target, settings, until, steps);
        }
    }

    @Test
    void aStoreThatFailsGoesOnWithItsSettingsAndKeepsWhatJobsHaveBeenGiven() {
        List<String> shown = new CopyOnWriteArrayList<>();
        offer(7, "A Style", "sd.safetensors", sha256(weights), false);
        pages.put("/file/7", exchange -> {
            shown.add(exchange.getRequestHeaders().getFirst("Authorization"));
            bytes(weights).answer(exchange);
        });
        AddOnSettings first = settings(AddOn.LORA, true);
        AddOnSite site = new Fragile(new CivitAi(kit.system(), first, InstantSource.system(), new Random(1)));
        ActorRef<AddOnStore.Command> store = kit.spawn(AddOnStore.create(first, site, InstantSource.system(), meters));
        // Room for one file and a half, and another token.
        store.tell(new AddOnStore.Reconfigure(new AddOnSettings(
                AddOn.LORA, folder, first.site(), Secret.of("the-second-token"), 30_000, 0, 25_000, 5, true)));
        Reply.Ready held = ready(get(store, new AddOnName("A Style", false)));
        assertThat(shown).containsExactly("Bearer the-second-token");

        store.tell(new AddOnStore.Get(new AddOnName("poison", false), true, soon(), soon(), job.ref()));
        offer(8, "Another", "sd.safetensors", sha256(weights), false);
        pages.put("/file/8", pages.get("/file/7"));

        assertThat(unavailable(get(store, new AddOnName("Another", false))).problem())
                .as("there is room for one, and that is with a job")
                .isEqualTo(AddOnProblem.NO_ROOM);
        assertThat(held.path()).exists();
        store.tell(new AddOnStore.Release(held.lease()));
        offer(9, "A Third", "sd.safetensors", sha256(weights), false);
        pages.put("/file/9", pages.get("/file/7"));
        ready(get(store, new AddOnName("A Third", false)));
        assertThat(held.path()).doesNotExist();
        assertThat(shown).hasSize(2).endsWith("Bearer the-second-token");
    }

    @Test
    void whatItDoesIsCounted() {
        offer(7, "A Style", "sd.safetensors", sha256(weights), false);
        pages.put("/file/7", bytes(weights));
        ActorRef<AddOnStore.Command> store = store(true);
        Reply.Ready held = ready(get(store, new AddOnName("A Style", false)));
        offer(8, "Blocked", "sd.safetensors", sha256(weights), false);
        pages.put("/file/8", status(451));
        unavailable(get(store, new AddOnName("Blocked", false)));

        TestProbe<AddOnStatus> asker = kit.createTestProbe();
        store.tell(new AddOnStore.GetStatus(asker.ref()));
        AddOnStatus status = asker.receiveMessage(PATIENCE);
        assertThat(status)
                .isEqualTo(new AddOnStatus(
                        "loras", 0, 0, 1, weights.length, Map.of("refused", 1L), 0, 1, weights.length, 10 << 20));
        assertThat(meters.get("drover.horde.addons.bytes")
                        .tag("kind", "loras")
                        .gauge()
                        .value())
                .isEqualTo(weights.length);
        assertThat(meters.get("drover.horde.addons.failed")
                        .tag("reason", "refused")
                        .counter()
                        .count())
                .isOne();

        AddOnSettings small = new AddOnSettings(AddOn.LORA, folder, URI.create(site), TOKEN, 1, 0, 1 << 20, 5, true);
        store.tell(new AddOnStore.Reconfigure(small));
        store.tell(new AddOnStore.GetStatus(asker.ref()));
        assertThat(asker.receiveMessage(PATIENCE).evicted()).as("a job has it").isZero();
        store.tell(new AddOnStore.Release(held.lease()));
        store.tell(new AddOnStore.GetStatus(asker.ref()));
        assertThat(asker.receiveMessage(PATIENCE).evicted()).isOne();
    }

    @Test
    void aFileThatAnEarlierProcessHasGivenAJobStays() {
        offer(7, "A Style", "sd.safetensors", sha256(weights), false);
        pages.put("/file/7", bytes(weights));
        ActorRef<AddOnStore.Command> store = store(true);
        Reply.Ready ready = ready(get(store, new AddOnName("A Style", false)));
        store.tell(new AddOnStore.Keep(ready.path(), soon()));
        store.tell(new AddOnStore.Keep(folder.resolve("../7.safetensors"), soon()));
        store.tell(new AddOnStore.Release(ready.lease()));
        store.tell(new AddOnStore.Reconfigure(
                new AddOnSettings(AddOn.LORA, folder, URI.create(site), TOKEN, 1, 0, 1 << 20, 5, true)));

        TestProbe<AddOnStatus> asker = kit.createTestProbe();
        store.tell(new AddOnStore.GetStatus(asker.ref()));
        assertThat(asker.receiveMessage(PATIENCE).files()).isOne();
    }
}
