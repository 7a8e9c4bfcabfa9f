package drover.horde;

import drover.horde.FileOutcome.NotSaved;
import drover.horde.FileOutcome.Reason;
import drover.horde.FileOutcome.Saved;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.FileSystemException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.IntConsumer;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.dispatch.Dispatchers;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.SharedKillSwitch;
import org.apache.pekko.stream.javadsl.FileIO;

/**
 * Fetches large files from addresses that strangers chose. A try that breaks off is gone on with from where it broke off,
 * also after a restart, if the sender says that the file is still the same ({@code Range}, {@code If-Range}). Nothing is
 * ever under the file's name but all of it, checked. {@link Hops} says where it does not go. Safe for use by many threads,
 * but not for the same file at the same time.
 */
public final class FileDownloader {
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18}|\\*)");
    private static final Pattern SECONDS = Pattern.compile("\\d{1,6}");

    private final Limits limits;
    private final Retries retries;
    private final Wire wire;
    private final Hops hops;
    private final Executor blocking;

    /**
     * What a fetch may take.
     *
     * @param connect until a connection stands
     * @param idle without a byte
     * @param redirects at most
     * @param attempts tries at most
     * @param backoff between them
     * @param allowPrivate whether a machine's own and its network's addresses may be fetched from
     */
    public record Limits(
            Duration connect, Duration idle, int redirects, int attempts, Backoff backoff, boolean allowPrivate) {}

    /**
     * What to fetch.
     *
     * @param url from where
     * @param target under which name it will be
     * @param maxBytes that it may have, above 0
     * @param minFreeBytes of the disk that stay free
     * @param sha256 that it has to have, in hexadecimal digits, if that is known
     * @param bearer what to show to the place that it is meant for
     * @param until when it is of no use any more
     */
    public record Order(
            PresignedUrl url,
            Path target,
            long maxBytes,
            long minFreeBytes,
            Optional<String> sha256,
            Optional<Bearer> bearer,
            Instant until) {}

    /** A downloader that asks the operating system for addresses. */
    public FileDownloader(ClassicActorSystemProvider system, Limits limits, Retries retries) {
        this(system, limits, retries, Hops.systemResolver(system), Hops.permitted(limits.allowPrivate()));
    }

    /**
     * A downloader.
     *
     * @param system whose threads it uses
     * @param retries clock, timer and chance
     * @param resolver finds the addresses of names
     * @param permitted whether an address may be connected to
     */
    FileDownloader(
            ClassicActorSystemProvider system,
            Limits limits,
            Retries retries,
            AddressResolver resolver,
            Predicate<InetAddress> permitted) {
        this.limits = limits;
        this.retries = retries;
        this.wire = new Wire(system, HordeSettings.Limits.DEFAULT);
        this.hops = new Hops(system, limits.connect(), limits.idle(), limits.redirects(), resolver, permitted);
        this.blocking = system.classicSystem().dispatchers().lookup(Dispatchers.DefaultBlockingDispatcherId());
    }

    /**
     * Fetches.
     *
     * @param steps hears the numbers from 1 to 20, each once; all of them if the file gets here. On any thread, one after
     *     another
     */
    public CompletionStage<FileOutcome> fetch(Order order, IntConsumer steps) {
        Fetch fetch = new Fetch(order, new ProgressSteps(order.maxBytes(), steps));
        return retries.run(
                        new Retries.Plan(limits.backoff(), limits.attempts(), order.until()),
                        fetch::attempt,
                        Try::again)
                .thenApply(Try::outcome);
    }

    /**
     * One try.
     *
     * @param again how long to wait at least, if another may end better
     */
    private record Try(FileOutcome outcome, Optional<Duration> again) {
        static Try last(FileOutcome outcome) {
            return new Try(outcome, Optional.empty());
        }

        static Try passing(Reason reason, String message) {
            return new Try(new NotSaved(reason, message), Optional.of(Duration.ZERO));
        }
    }

    /** The tries for one order, one after another. */
    private final class Fetch {
        private final Order order;
        private final PartFile part;
        private final ProgressSteps progress;
        private boolean missedOnce;
        private boolean wrongOnce;

        Fetch(Order order, ProgressSteps progress) {
            this.order = order;
            this.progress = progress;
            this.part = new PartFile(order.target());
        }

        CompletionStage<Try> attempt() {
            Duration left = Duration.between(retries.clock().instant(), order.until());
            if (!left.isPositive()) {
                return done(Try.last(new NotSaved(Reason.UNREACHABLE, order.url() + " was not fetched in time")));
            }
            return onDisk(part::resume)
                    .thenCompose(resume -> wire.within(
                            left,
                            stop -> hops.go(order.url(), target -> headers(target, resume), stop)
                                    .thenCompose(arrival -> receive(arrival, resume, stop))))
                    .handle((outcome, failure) -> failure == null ? done(outcome) : failed(failure, left))
                    .thenCompose(stage -> stage);
        }

        private List<HttpHeader> headers(PresignedUrl.Target target, Optional<PartFile.Resume> resume) {
            List<HttpHeader> headers = new ArrayList<>(Bearer.headers(order.bearer(), target));
            // What is compressed on its way has no length, and a part of it is a part of nothing.
            headers.add(RawHeader.create("Accept-Encoding", "identity"));
            resume.ifPresent(it -> {
                headers.add(RawHeader.create("Range", "bytes=" + it.bytes() + "-"));
                headers.add(RawHeader.create("If-Range", it.version()));
            });
            return headers;
        }

        private CompletionStage<Try> receive(
                Hops.Arrival arrival, Optional<PartFile.Resume> resume, SharedKillSwitch stop) {
            return switch (arrival) {
                case Hops.Arrival.Barred(DownloadOutcome.Reason reason, String message) ->
                    done(Try.last(new NotSaved(Reason.BAD_ADDRESS, message)));
                case Hops.Arrival.Answered(PresignedUrl url, HttpResponse response) -> {
                    int status = response.status().intValue();
                    if (status == 200) {
                        OptionalLong length = response.entity().getContentLengthOption();
                        yield onDisk(() -> {
                                    part.begin(version(response));
                                    return true;
                                })
                                .thenCompose(_ -> save(url, response, 0, length, stop));
                    }
                    if (status == 206 && resume.isPresent()) {
                        yield goOn(url, response, resume.get(), stop);
                    }
                    Optional<String> pause = header(response, "Retry-After");
                    wire.cancel(response);
                    yield refused(url, status, pause);
                }
            };
        }

        /** A part of the file, as was asked for. */
        private CompletionStage<Try> goOn(
                PresignedUrl url, HttpResponse response, PartFile.Resume resume, SharedKillSwitch stop) {
            Matcher range =
                    CONTENT_RANGE.matcher(header(response, "Content-Range").orElse(""));
            if (range.matches()
                    && Long.parseLong(range.group(1)) == resume.bytes()
                    && !range.group(3).equals("*")
                    && Long.parseLong(range.group(2)) + 1 == Long.parseLong(range.group(3))) {
                return save(url, response, resume.bytes(), OptionalLong.of(Long.parseLong(range.group(3))), stop);
            }
            wire.cancel(response);
            return dropped(Try.passing(Reason.UNREACHABLE, url + " sent another part than was asked for"));
        }

        private CompletionStage<Try> refused(PresignedUrl url, int status, Optional<String> pause) {
            String message = url + " answered HTTP " + status;
            return switch (status) {
                case 404, 410 -> {
                    boolean again = !missedOnce;
                    missedOnce = true;
                    yield done(
                            again
                                    ? Try.passing(Reason.MISSING, message)
                                    : Try.last(new NotSaved(Reason.MISSING, message)));
                }
                case 401, 403 -> done(Try.last(new NotSaved(Reason.FORBIDDEN, message)));
                case 451 -> done(Try.last(new NotSaved(Reason.BLOCKED, message)));
                // Perhaps all of it is there already, or the file has become smaller.
                case 416 ->
                    order.sha256().isPresent()
                            ? onDisk(part::bytes).thenCompose(bytes -> check(url, bytes))
                            : dropped(Try.passing(Reason.UNREACHABLE, message));
                default ->
                    Downloader.passes(status)
                            ? done(new Try(new NotSaved(Reason.UNREACHABLE, message), Optional.of(atLeast(pause))))
                            : done(Try.last(new NotSaved(Reason.REFUSED, message)));
            };
        }

        private CompletionStage<Try> save(
                PresignedUrl url, HttpResponse response, long offset, OptionalLong total, SharedKillSwitch stop) {
            if (total.orElse(0) > order.maxBytes()) {
                wire.cancel(response);
                return dropped(tooLarge(url));
            }
            total.ifPresent(progress::expect);
            IntakeGauge gauge = new IntakeGauge(order, part, progress, offset, total.orElse(order.maxBytes()));
            return response.entity()
                    .withoutSizeLimit()
                    .getDataBytes()
                    .via(stop.flow())
                    .map(gauge::pass)
                    // Looking at the disk may block.
                    .async(Dispatchers.DefaultBlockingDispatcherId())
                    .runWith(
                            FileIO.toPath(part.path(), Set.<OpenOption>of(StandardOpenOption.WRITE), offset),
                            wire.materializer())
                    .thenCompose(_ -> onDisk(part::bytes))
                    .thenCompose(bytes -> total.isPresent() && bytes != total.getAsLong()
                            ? dropped(Try.passing(Reason.UNREACHABLE, url + " sent less than it said"))
                            : check(url, bytes));
        }

        /** All that was sent is on disk. */
        private CompletionStage<Try> check(PresignedUrl url, long bytes) {
            return onDisk(() -> {
                if (bytes == 0 && order.sha256().isEmpty()) {
                    part.drop();
                    return Try.passing(Reason.UNREACHABLE, url + " sent nothing");
                }
                String sum = bytes == 0 ? "" : part.sha256();
                if (order.sha256().isPresent()
                        && !order.sha256().get().toLowerCase(Locale.ROOT).equals(sum)) {
                    part.drop();
                    String message =
                            url + " sent another file: its SHA-256 is " + (sum.isEmpty() ? "that of nothing" : sum)
                                    + ", not " + order.sha256().get();
                    boolean again = !wrongOnce;
                    wrongOnce = true;
                    return again
                            ? Try.passing(Reason.WRONG_CONTENT, message)
                            : Try.last(new NotSaved(Reason.WRONG_CONTENT, message));
                }
                part.finish();
                progress.done();
                return Try.last(new Saved(order.target(), bytes, sum));
            });
        }

        private CompletionStage<Try> dropped(Try outcome) {
            return onDisk(() -> {
                part.drop();
                return outcome;
            });
        }

        private Try tooLarge(PresignedUrl url) {
            return Try.last(new NotSaved(Reason.TOO_LARGE, url + " is larger than " + order.maxBytes() + " bytes"));
        }

        private CompletionStage<Try> failed(Throwable failure, Duration left) {
            PresignedUrl url = order.url();
            for (Throwable cause : Downloader.causes(failure)) {
                switch (cause) {
                    case Hops.ForbiddenAddress e -> {
                        String message = e.getMessage() + "; " + url + " is not fetched";
                        return done(Try.last(new NotSaved(Reason.FORBIDDEN_ADDRESS, message)));
                    }
                    case IntakeGauge.TooLarge _ -> {
                        return dropped(tooLarge(url));
                    }
                    case IntakeGauge.NoSpace e -> {
                        String message = url + " is not fetched: " + e.getMessage();
                        return dropped(Try.last(new NotSaved(Reason.NO_SPACE, message)));
                    }
                    case FileSystemException e -> {
                        String message = order.target() + " cannot be written; see that its folder can be: " + e;
                        return done(Try.last(new NotSaved(Reason.NOT_WRITTEN, message)));
                    }
                    default -> {
                        // What is behind it may be known.
                    }
                }
            }
            String message = url + " cannot be fetched: " + Wire.told(failure, left);
            return done(Try.passing(Reason.UNREACHABLE, message));
        }
    }

    /** What names the version of a file for sure: a strong ETag, or when it was changed. */
    private static Optional<String> version(HttpResponse response) {
        return header(response, "ETag").filter(tag -> tag.startsWith("\"")).or(() -> header(response, "Last-Modified"));
    }

    private static Optional<String> header(HttpResponse response, String name) {
        return response.getHeader(name).map(HttpHeader::value);
    }

    private static Duration atLeast(Optional<String> pause) {
        return pause.filter(text -> SECONDS.matcher(text).matches())
                .map(text -> Duration.ofSeconds(Long.parseLong(text)))
                .orElse(Duration.ZERO);
    }

    private interface OnDisk<T> {
        T run() throws IOException;
    }

    private <T> CompletionStage<T> onDisk(OnDisk<T> work) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return work.run();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                blocking);
    }

    private static <T> CompletionStage<T> done(T value) {
        return CompletableFuture.completedFuture(value);
    }
}
