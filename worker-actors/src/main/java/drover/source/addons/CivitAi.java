package drover.source.addons;

import drover.diffusion.TextualInversion;
import drover.horde.Backoff;
import drover.horde.DownloadOutcome;
import drover.horde.Downloader;
import drover.horde.FileDownloader;
import drover.horde.FileOutcome;
import drover.horde.PresignedUrl;
import drover.horde.Retries;
import drover.weights.SafeTensors;
import drover.weights.WeightsException;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.IntConsumer;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.dispatch.Dispatchers;

/** CivitAI's public API: {@code /api/v1/models} by name or number, {@code /api/v1/model-versions} by number. */
final class CivitAi implements AddOnSite {
    private static final Duration CONNECT = Duration.ofSeconds(10);
    /** Without a byte, as in the existing worker. */
    private static final Duration IDLE = Duration.ofSeconds(10);
    /** One question. */
    private static final Duration ANSWER = Duration.ofSeconds(35);

    private static final int MAX_ANSWER_BYTES = 16 << 20;
    private static final int REDIRECTS = 5;
    private static final int QUESTIONS = 3;
    private static final int DOWNLOADS = 10;
    private static final Backoff BACKOFF = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(15), 0.2);
    private static final int FOUND_AT_MOST = 20;
    private static final Pattern SLASHES = Pattern.compile("/+$");

    private final Downloader questions;
    private final FileDownloader downloads;
    private final Executor blocking;
    private final AddOn kind;
    private final CivitAiAnswer answers;

    CivitAi(ClassicActorSystemProvider system, AddOnSettings settings, InstantSource clock, RandomGenerator random) {
        Retries retries = Retries.of(system, clock, random);
        this.kind = settings.kind();
        this.answers = new CivitAiAnswer(kind);
        this.questions = new Downloader(
                system,
                new Downloader.Limits(
                        MAX_ANSWER_BYTES, CONNECT, IDLE, ANSWER, REDIRECTS, QUESTIONS, settings.allowPrivate()),
                retries);
        this.downloads = new FileDownloader(
                system,
                new FileDownloader.Limits(CONNECT, IDLE, REDIRECTS, DOWNLOADS, BACKOFF, settings.allowPrivate()),
                retries);
        this.blocking = system.classicSystem().dispatchers().lookup(Dispatchers.DefaultBlockingDispatcherId());
    }

    @Override
    public CompletionStage<Found> find(AddOnName name, AddOnSettings settings, Instant until) {
        return questions
                .fetch(new PresignedUrl(api(settings) + question(name)), settings.bearer(), until)
                .thenApply(outcome -> switch (outcome) {
                    case DownloadOutcome.Fetched fetched ->
                        read(name, fetched.bytes().toArrayUnsafe());
                    case DownloadOutcome.NotFetched(DownloadOutcome.Reason reason, String message) ->
                        new Found.Not(
                                reason == DownloadOutcome.Reason.UNREACHABLE
                                        ? AddOnProblem.UNREACHABLE
                                        : AddOnProblem.REFUSED,
                                message);
                });
    }

    private static String api(AddOnSettings settings) {
        return SLASHES.matcher(settings.site().toString()).replaceFirst("") + "/api/v1/";
    }

    private String question(AddOnName name) {
        if (name.isVersion()) {
            return "model-versions/" + name.key();
        }
        if (name.number().isPresent()) {
            return "models/" + name.key();
        }
        // Without nsfw=true it finds only what is safe for work, and says that there is nothing.
        String types = kind.types().stream().map(type -> "&types=" + type).collect(Collectors.joining());
        return "models?limit=" + FOUND_AT_MOST + "&nsfw=true" + types + "&query="
                + URLEncoder.encode(name.key(), StandardCharsets.UTF_8).replace("+", "%20");
    }

    private Found read(AddOnName name, byte[] json) {
        try {
            if (name.isVersion()) {
                return answers.version(json);
            }
            return name.number().isPresent() ? answers.model(json) : answers.search(json, name);
        } catch (IOException e) {
            return new Found.Not(
                    AddOnProblem.UNREACHABLE,
                    "the answer about " + name.text() + " is not as it should be: " + e.getMessage());
        }
    }

    @Override
    public CompletionStage<Fetched> fetch(
            AddOnVersion version, Path target, AddOnSettings settings, Instant until, IntConsumer steps) {
        FileDownloader.Order order = new FileDownloader.Order(
                version.url(),
                target,
                settings.maxFileBytes(),
                settings.minFreeBytes(),
                version.sha256(),
                settings.bearer(),
                until);
        return downloads.fetch(order, steps).thenCompose(outcome -> switch (outcome) {
            case FileOutcome.Saved saved -> CompletableFuture.supplyAsync(() -> checked(saved), blocking);
            case FileOutcome.NotSaved(FileOutcome.Reason reason, String message) ->
                CompletableFuture.completedFuture(new Fetched.Not(problem(reason), message));
        });
    }

    /** Nothing else than safetensors is kept, whatever its site calls it. */
    private Fetched checked(FileOutcome.Saved saved) {
        try {
            boolean useful = switch (kind) {
                case LORA -> hasTensors(saved.file());
                case TEXTUAL_INVERSION -> !TextualInversion.widths(saved.file()).isEmpty();
            };
            return useful
                    ? new Fetched.Here(saved.bytes(), saved.sha256())
                    : refuse(saved.file(), "it has nothing that a " + kind.words() + " has");
        } catch (WeightsException e) {
            return refuse(saved.file(), String.valueOf(e.getMessage()));
        }
    }

    private static boolean hasTensors(Path file) throws WeightsException {
        try (SafeTensors opened = SafeTensors.open(file)) {
            return !opened.names().isEmpty();
        }
    }

    private static Fetched refuse(Path file, String why) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            return new Fetched.Not(AddOnProblem.NOT_SAFETENSORS, why + "; and it cannot be deleted: " + e);
        }
        return new Fetched.Not(AddOnProblem.NOT_SAFETENSORS, why);
    }

    private static AddOnProblem problem(FileOutcome.Reason reason) {
        return switch (reason) {
            case TOO_LARGE -> AddOnProblem.TOO_LARGE;
            case WRONG_CONTENT -> AddOnProblem.WRONG_CONTENT;
            case NO_SPACE, NOT_WRITTEN -> AddOnProblem.NO_ROOM;
            case UNREACHABLE -> AddOnProblem.UNREACHABLE;
            case BAD_ADDRESS, FORBIDDEN_ADDRESS, MISSING, FORBIDDEN, BLOCKED, REFUSED -> AddOnProblem.REFUSED;
        };
    }
}
