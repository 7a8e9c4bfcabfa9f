package drover.source.dreamer;

import drover.board.BoardSettings;
import drover.board.JobBoard;
import drover.board.SlotCommand;
import drover.board.SlotId;
import drover.delivery.Delivery;
import drover.delivery.DirectoryAssetStore;
import drover.feed.FeedSettings;
import drover.feed.JobFeed;
import drover.horde.BridgeAgent;
import drover.inference.JobId;
import drover.job.Job;
import drover.job.Tenant;
import drover.ledger.JobLedger;
import drover.ledger.LedgerDatabase;
import drover.ledger.LedgerSettings;
import drover.ledger.OrderBook;
import drover.setting.Secret;
import drover.source.HordeSettings;
import drover.source.addons.AddOn;
import drover.source.addons.AddOnSettings;
import drover.source.models.ModelReferenceStore;
import drover.source.skills.Offering;
import drover.source.skills.SkillSettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** The control side of one process with a worker of a Horde; the test plays the keeper of its one slot. */
final class HordeRig implements AutoCloseable {
    static final SlotId SLOT = new SlotId("gpu0", 1, 0);
    static final String MODEL = "Deliberate";
    static final String WORKER = "the rig's worker";
    static final BridgeAgent OFFICIAL = BridgeAgent.parse("AI Horde Worker reGen:13.0.0:https://example.invalid");
    private static final Duration LONG = Duration.ofSeconds(30);

    final ActorTestKit kit = ActorTestKit.create();
    final DirectoryAssetStore assets;
    final ActorRef<JobLedger.Command> ledger;
    final ActorRef<OrderBook.Command> book;
    final ActorRef<JobBoard.Command> board;
    final ActorRef<HordeSource.Command> source;
    final TestProbe<SlotCommand> keeper = kit.createTestProbe();

    /** Hears what the worker asks of the feed, which hears it, too. */
    final TestProbe<JobFeed.Command> overheard = kit.createTestProbe();

    /**
     * A process on what is in the folder.
     *
     * @param horde where the Horde is
     * @param key of the worker's owner
     */
    HordeRig(Path folder, String horde, String key) throws Exception {
        this(folder, horde, key, horde);
    }

    /**
     * As the other one.
     *
     * @param site where LoRAs and textual inversions come from
     */
    HordeRig(Path folder, String horde, String key, String site) throws Exception {
        InstantSource clock = Instant::now;
        LedgerSettings onDisk = LedgerSettings.h2In(folder);
        LedgerDatabase database = LedgerDatabase.open(onDisk);
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        assets = DirectoryAssetStore.open(folder.resolve("assets"));
        ledger = kit.spawn(JobLedger.create(database, onDisk, meters));
        ActorRef<JobFeed.Command> feed = kit.spawn(JobFeed.create(FeedSettings.DEFAULTS, "epoch1", ledger));
        ActorRef<Delivery.Command> delivery = kit.spawn(Delivery.create(assets, ledger, feed, clock));
        board = kit.spawn(JobBoard.create(
                new JobBoard.Links(ledger, feed, delivery, kit.system().ignoreRef()),
                BoardSettings.DEFAULT,
                List.of(),
                clock));
        book = kit.spawn(OrderBook.create(database, clock));
        source = kit.spawn(HordeSource.create(
                new HordeSource.Foundation(settings(folder, horde, key, site), Map.of(), assets, meters, clock),
                new HordeSource.Links(
                        book,
                        ledger,
                        board,
                        kit.spawn(Behaviors.monitor(
                                JobFeed.Command.class, overheard.ref(), Behaviors.receiveMessage(command -> {
                                    feed.tell(command);
                                    return Behaviors.same();
                                }))),
                        delivery)));
    }

    private static HordeSettings settings(Path folder, String horde, String key, String site) throws IOException {
        Path file = Files.writeString(folder.resolve("bridgeData.yaml"), """
                horde_url: %s
                api_key: "%s"
                dreamer_name: %s
                models_to_load: [%s]
                max_power: 32
                max_batch: 4
                allow_post_processing: true
                allow_controlnet: true
                """.formatted(horde, key, WORKER, MODEL));
        Path reference = Files.writeString(
                folder.resolve("reference.json"), "{\"Deliberate\": {\"baseline\": \"stable_diffusion_1\"}}");
        return new HordeSettings(
                true,
                List.of(file),
                OFFICIAL,
                new Tenant("horde"),
                false,
                true,
                new ModelReferenceStore.Source.OnDisk(reference),
                folder.resolve("copy.json"),
                Duration.ofHours(1),
                addOns(AddOn.LORA, folder, site),
                addOns(AddOn.TEXTUAL_INVERSION, folder, site),
                new SkillSettings(
                        Offering.SOME,
                        Offering.SOME,
                        folder.resolve("upscalers"),
                        folder.resolve("controlnets"),
                        1 << 30));
    }

    private static AddOnSettings addOns(AddOn kind, Path folder, String site) {
        return new AddOnSettings(
                kind,
                folder.resolve(kind.label()).resolve("horde"),
                URI.create(site),
                Secret.NONE,
                1 << 20,
                0,
                1 << 20,
                1,
                true);
    }

    /** The slot asks for work. */
    void idle() {
        board.tell(new JobBoard.SlotIdle(SLOT, Set.of(MODEL), Set.of(MODEL), true, keeper.ref()));
    }

    /** The next job that the slot is offered. */
    SlotCommand.Offer offered() {
        return (SlotCommand.Offer) keeper.fishForMessage(
                        LONG,
                        message -> message instanceof SlotCommand.Offer
                                ? FishingOutcomes.complete()
                                : FishingOutcomes.continueAndIgnore())
                .getLast();
    }

    /** A job as the ledger has it. */
    Job job(JobId id) {
        TestProbe<JobLedger.ReadReply<Optional<Job>>> asker = kit.createTestProbe();
        ledger.tell(new JobLedger.Find(id, asker.ref()));
        return ((JobLedger.ReadReply.Found<Optional<Job>>) asker.receiveMessage())
                .value()
                .orElseThrow();
    }

    /** What the worker says of itself. */
    HordeStatus status() {
        TestProbe<HordeStatus> asker = kit.createTestProbe();
        source.tell(new HordeSource.GetStatus(asker.ref()));
        return asker.receiveMessage();
    }

    /** How many orders are not answered, as the book has it. */
    int open() {
        TestProbe<OrderBook.Open> asker = kit.createTestProbe();
        book.tell(new OrderBook.GetOpen(asker.ref()));
        return asker.receiveMessage().orders().size();
    }

    /** Ends as a killed process does: what is not on disk is lost. */
    @Override
    public void close() {
        TestProbe<Done> closer = kit.createTestProbe();
        kit.stop(source);
        ledger.tell(new JobLedger.Close(closer.ref()));
        closer.expectMessage(LONG, Done.getInstance());
        kit.shutdownTestKit();
    }
}
