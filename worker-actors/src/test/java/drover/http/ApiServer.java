package drover.http;

import drover.board.BoardSettings;
import drover.board.JobBoard;
import drover.board.SlotCommand;
import drover.board.SlotId;
import drover.client.DroverClient;
import drover.delivery.Delivery;
import drover.delivery.DirectoryAssetStore;
import drover.feed.FeedSettings;
import drover.feed.JobFeed;
import drover.inference.JobId;
import drover.inference.SafetyPolicy;
import drover.inference.Sampler;
import drover.ledger.JobLedger;
import drover.ledger.LedgerDatabase;
import drover.ledger.LedgerSettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.http.javadsl.ServerBinding;

/** The real control side of one process, without nodes: the test plays the keeper of slot {@link #SLOT}. */
final class ApiServer implements AutoCloseable {
    static final SlotId SLOT = new SlotId("gpu0", 1, 0);
    static final Duration LONG = Duration.ofSeconds(30);

    final ActorTestKit kit = ActorTestKit.create();
    final DirectoryAssetStore assets;
    final ActorRef<JobLedger.Command> ledger;
    final ActorRef<JobFeed.Command> feed;
    final ActorRef<JobBoard.Command> board;
    final TestProbe<SlotCommand> keeper = kit.createTestProbe();
    final URI uri;
    private final ServerBinding binding;

    ApiServer(Path folder, HttpSettings settings, boolean faults) throws Exception {
        this(folder, settings, faults, Optional.of(SafetyPolicy.MARK));
    }

    /** @param safety what is looked after in pictures */
    ApiServer(Path folder, HttpSettings settings, boolean faults, Optional<SafetyPolicy> safety) throws Exception {
        InstantSource clock = Instant::now;
        LedgerSettings onDisk = LedgerSettings.h2In(folder);
        assets = DirectoryAssetStore.open(folder.resolve("assets"));
        ledger = kit.spawn(JobLedger.create(LedgerDatabase.open(onDisk), onDisk, new SimpleMeterRegistry()));
        feed = kit.spawn(JobFeed.create(FeedSettings.DEFAULTS, "epoch1", ledger));
        ActorRef<Delivery.Command> delivery = kit.spawn(Delivery.create(assets, ledger, feed, clock));
        board = kit.spawn(JobBoard.create(
                new JobBoard.Links(ledger, feed, delivery, kit.system().ignoreRef()),
                BoardSettings.DEFAULT,
                List.of(),
                clock));
        AtomicInteger ids = new AtomicInteger();
        ApiContext context = new ApiContext(
                ledger,
                board,
                feed,
                assets,
                new OneModel(),
                clock,
                () -> new JobId("job-" + ids.incrementAndGet()),
                () -> 42,
                safety,
                faults);
        binding = PublicApi.start(kit.system(), settings, context)
                .toCompletableFuture()
                .get(LONG.toSeconds(), TimeUnit.SECONDS);
        uri = URI.create("http://127.0.0.1:" + binding.localAddress().getPort());
    }

    static ApiServer open(Path folder) throws Exception {
        return new ApiServer(folder, HttpSettings.onLoopback(0), false);
    }

    DroverClient client() {
        return new DroverClient(uri, Optional.empty());
    }

    /** Says that the slot waits for work, and waits for some. */
    SlotCommand.Offer takeJob() {
        board.tell(new JobBoard.SlotIdle(SLOT, Set.of("emoji"), Set.of(), keeper.getRef()));
        return keeper.expectMessageClass(SlotCommand.Offer.class, LONG);
    }

    @Override
    public void close() {
        binding.terminate(Duration.ofSeconds(3))
                .toCompletableFuture()
                .orTimeout(LONG.toSeconds(), TimeUnit.SECONDS)
                .join();
        TestProbe<Done> closed = kit.createTestProbe();
        ledger.tell(new JobLedger.Close(closed.getRef()));
        closed.expectMessage(LONG, Done.getInstance());
        kit.shutdownTestKit();
    }

    private static final class OneModel implements ModelDefaults {
        private static final Defaults EMOJI = new Defaults("emoji", 32, 32, 8, 20, Sampler.DDIM, 7.5, 1);

        @Override
        public Optional<Defaults> byName(String name) {
            return name.equals("emoji") ? Optional.of(EMOJI) : Optional.empty();
        }

        @Override
        public Optional<Defaults> defaultModel() {
            return Optional.of(EMOJI);
        }

        @Override
        public List<String> names() {
            return List.of("emoji");
        }
    }

    /** All that comes, until the end. A server that does not want the rest of a request may reset after its answer. */
    static String answer(Socket socket) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try {
            for (int next = socket.getInputStream().read();
                    next >= 0;
                    next = socket.getInputStream().read()) {
                all.write(next);
            }
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (SocketException e) {
            // What was answered before counts.
        }
        return all.toString(StandardCharsets.UTF_8);
    }
}
