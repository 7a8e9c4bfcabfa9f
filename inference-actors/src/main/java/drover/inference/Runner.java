package drover.inference;

import drover.picture.JpegEncoder;
import drover.picture.Picture;
import drover.picture.Placeholder;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * One named thread on which attempts run, one after another. What it has to say goes to a listener that returns at once;
 * the thread may well be stuck in native code for ever, so nothing here ever waits for it. Methods are called by the
 * owning actor only.
 */
final class Runner {
    private static final Logger LOG = LoggerFactory.getLogger(Runner.class);
    private static final int PREVIEW_QUALITY = 60;

    /** What a runner says; always from its own thread, except heartbeats. */
    sealed interface Report {
        /** The thread is up and waits for work. */
        record Ready(Set<String> resident) implements Report {}

        record At(AttemptId attempt, Position position) implements Report {}

        record Alive(AttemptId attempt) implements Report {}

        record Shown(AttemptId attempt, Preview preview) implements Report {}

        /** The attempt is over and the thread is back. */
        record Done(AttemptId attempt, Result result, Set<String> resident) implements Report {}
    }

    /** How an attempt came out. */
    sealed interface Result {
        record Stored(List<AssetRef> assets) implements Result {}

        record Failed(String code, String reason, boolean retryable, boolean cancelled, boolean unusable)
                implements Result {
            static Failed of(EngineException e) {
                boolean unusable = e instanceof EngineException.SafetyFailed failed && failed.hung();
                return new Failed(e.code(), text(e), e.retryable(), e instanceof EngineException.Cancelled, unusable);
            }

            static Failed asCancelled() {
                return of(new EngineException.Cancelled());
            }
        }
    }

    private final InferenceActor.Id id;
    private final Engine engine;
    private final AssetStore assets;
    private final Safety safety;
    private final PictureEncoder encoder = new PictureEncoder();
    private final Consumer<Report> listener;
    private final LinkedBlockingQueue<Work> queue = new LinkedBlockingQueue<>();
    private final Thread thread;
    private Optional<Work> last = Optional.empty();
    private volatile boolean abandoned;

    /** Starts the thread; it says {@link Report.Ready} when it is up. */
    static Runner start(
            InferenceActor.Id id, Engine engine, AssetStore assets, Safety safety, Consumer<Report> listener) {
        Runner runner = new Runner(id, engine, assets, safety, listener);
        runner.thread.start();
        return runner;
    }

    private Runner(InferenceActor.Id id, Engine engine, AssetStore assets, Safety safety, Consumer<Report> listener) {
        this.id = id;
        this.engine = engine;
        this.assets = assets;
        this.safety = safety;
        this.listener = listener;
        // A daemon, because a thread that never comes back must not keep a process alive that wants to end.
        this.thread = Thread.ofPlatform().daemon().name(id.threadName()).unstarted(this::loop);
    }

    /** Hands an attempt to the thread. */
    void run(AttemptId attempt, InferenceRequest request) {
        Work work = new Work(attempt, request);
        last = Optional.of(work);
        queue.add(work);
    }

    /** Somebody wants to see how the attempt's pictures come along. */
    void show(AttemptId attempt, PreviewWish wish) {
        last.filter(work -> work.attempt.equals(attempt)).ifPresent(work -> work.previews.wish(wish));
    }

    /** Sets the attempt's token and interrupts the thread if it is at that attempt. */
    void cancel(AttemptId attempt) {
        last.filter(work -> work.attempt.equals(attempt)).ifPresent(Work::cancel);
    }

    /** Cancels what runs, and hears no more of it; the thread ends when it comes back, if it ever does. */
    void abandon() {
        abandoned = true;
        last.ifPresent(Work::cancel);
        thread.interrupt();
    }

    private void loop() {
        MDC.put("node", id.node());
        say(new Report.Ready(engine.resident()));
        while (!abandoned) {
            Work work;
            try {
                work = queue.take();
            } catch (InterruptedException e) {
                // Only an interrupt that came with abandonment ends the loop; any other was meant for earlier work.
                continue;
            }
            MDC.put("job", work.attempt.job().value());
            MDC.put("attempt", Integer.toString(work.attempt.number()));
            Result result = execute(work);
            work.finish();
            say(new Report.Done(work.attempt, result, engine.resident()));
            MDC.remove("job");
            MDC.remove("attempt");
        }
    }

    private Result execute(Work work) {
        if (!work.begin()) {
            return Result.Failed.asCancelled();
        }
        try {
            work.at(Position.entering(Phase.STARTING, 1));
            return switch (work.request) {
                case ImageRequest image -> new Result.Stored(pictures(work, image));
            };
        } catch (EngineException e) {
            return work.cancelled ? Result.Failed.asCancelled() : Result.Failed.of(e);
        } catch (IOException e) {
            return failedUnlessCancelled(
                    work, "drover:asset.not-stored", "the result could not be stored: " + text(e), e, false);
        } catch (RuntimeException e) {
            return failedUnlessCancelled(
                    work, "drover:engine.failed", "the engine failed unexpectedly: " + text(e), e, false);
        } catch (OutOfMemoryError e) {
            // Whatever else was being allocated at that moment, in any thread, may be half made.
            return failed(
                    "drover:engine.out-of-memory",
                    "the process ran out of memory (" + text(e) + "); it is replaced",
                    e,
                    true);
        } catch (StackOverflowError e) {
            // The stack has unwound to here and nothing outside this thread was touched.
            return failed("drover:engine.failed", "the engine ran out of stack", e, false);
        } catch (LinkageError e) {
            // A class or library that failed to load stays unloadable for as long as the process lives.
            return failed("drover:engine.broken", "a part of the engine cannot be loaded: " + text(e), e, true);
        } catch (Error e) {
            return failed("drover:engine.broken", "the engine broke: " + text(e), e, true);
        }
    }

    private List<AssetRef> pictures(Work work, ImageRequest request) throws EngineException, IOException {
        boolean forbidden = request.safety().isPresent() && safety.forbids(request.prompt());
        List<Drawing> drawings = forbidden ? undrawn(request) : engine.run(work.attempt, request, work);
        // What is finished is kept, also if a cancellation came too late to stop it; an interrupt that came with it
        // must
        // not hit the checks and the writing. One that comes from now on does: then it is these that hang.
        Thread.interrupted();
        List<SafetyResult> results =
                forbidden ? Collections.nCopies(drawings.size(), SafetyResult.CSAM) : check(work, request, drawings);
        return store(work, request.format(), drawings, results);
    }

    /** In the place of pictures that are not even to be made. */
    private static List<Drawing> undrawn(ImageRequest request) {
        Picture nothing = Placeholder.saying(SafetyResult.CSAM.notice(), request.width(), request.height());
        List<Drawing> drawings = new ArrayList<>();
        for (int i = 0; i < request.count(); i++) {
            drawings.add(new Drawing(nothing, request.seedOf(i), Map.of()));
        }
        return drawings;
    }

    private List<SafetyResult> check(Work work, ImageRequest request, List<Drawing> drawings) throws EngineException {
        if (request.safety().isEmpty()) {
            return Collections.nCopies(drawings.size(), SafetyResult.UNCHECKED);
        }
        SafetyPolicy policy = request.safety().get();
        int count = Math.max(1, drawings.size());
        work.at(Position.entering(Phase.CHECKING, count));
        List<SafetyResult> results = new ArrayList<>();
        for (Drawing drawing : drawings) {
            results.add(safety.judge(request.prompt(), policy, drawing.picture()));
            work.at(new Position(Phase.CHECKING, results.size(), count));
        }
        return results;
    }

    private List<AssetRef> store(Work work, OutputFormat format, List<Drawing> drawings, List<SafetyResult> results)
            throws EngineException, IOException {
        int count = Math.max(1, drawings.size());
        work.at(Position.entering(Phase.UPLOADING, count));
        List<AssetRef> stored = new ArrayList<>();
        for (int i = 0; i < drawings.size(); i++) {
            SafetyResult safe = results.get(i);
            Drawing drawing = safe.isReplaced() ? placeholder(drawings.get(i), safe) : drawings.get(i);
            stored.add(assets.put(work.attempt, i, encoder.encode(drawing, format, safe)));
            work.at(new Position(Phase.UPLOADING, i + 1, count));
        }
        return stored;
    }

    private static Drawing placeholder(Drawing withheld, SafetyResult why) {
        Picture picture = withheld.picture();
        return new Drawing(
                Placeholder.saying(why.notice(), picture.width(), picture.height()), withheld.seed(), Map.of());
    }

    private Result failedUnlessCancelled(Work work, String code, String reason, Exception cause, boolean unusable) {
        // An interrupt shows as whatever the interrupted call makes of it.
        return work.cancelled ? Result.Failed.asCancelled() : failed(code, reason, cause, unusable);
    }

    private Result failed(String code, String reason, Throwable cause, boolean unusable) {
        LOG.error("attempt failed: {}", reason, cause);
        return new Result.Failed(code, reason, true, false, unusable);
    }

    private void say(Report report) {
        if (!abandoned) {
            listener.accept(report);
        }
    }

    private static String text(Throwable t) {
        String message = t.getMessage();
        return message == null ? t.getClass().getSimpleName() : message;
    }

    /** One attempt on this runner, and its token. */
    private final class Work implements RunMonitor {
        private final AttemptId attempt;
        private final InferenceRequest request;
        private final WantedPreviews previews;
        private Position position = Position.entering(Phase.STARTING, 1);
        private volatile boolean cancelled;
        private boolean running;

        private Work(AttemptId attempt, InferenceRequest request) {
            this.attempt = attempt;
            this.request = request;
            this.previews = new WantedPreviews(request);
        }

        /** False if the attempt was cancelled before it began. */
        private synchronized boolean begin() {
            running = !cancelled;
            return running;
        }

        /** The lock keeps a late interrupt from hitting the attempt that comes next. */
        private synchronized void finish() {
            running = false;
            Thread.interrupted();
        }

        private synchronized void cancel() {
            cancelled = true;
            if (running) {
                thread.interrupt();
            }
        }

        @Override
        public void at(Position reached) {
            position = reached;
            say(new Report.At(attempt, reached));
        }

        @Override
        public boolean wantsPreview(int step) {
            return previews.wanted(step);
        }

        @Override
        public void preview(Picture picture) {
            previews.made();
            byte[] jpeg = JpegEncoder.encode(picture, PREVIEW_QUALITY, Map.of());
            say(new Report.Shown(
                    attempt,
                    new Preview(
                            Base64.getEncoder().encodeToString(jpeg), picture.width(), picture.height(), position)));
        }

        @Override
        public void heartbeat() {
            say(new Report.Alive(attempt));
        }

        @Override
        public void checkCancelled() throws EngineException.Cancelled {
            if (cancelled) {
                throw new EngineException.Cancelled();
            }
        }

        @Override
        public byte[] input(AssetRef ref) throws EngineException {
            try (InputStream in = assets.open(ref)) {
                byte[] bytes = in.readAllBytes();
                if (bytes.length != ref.bytes()) {
                    throw new EOFException("it has " + bytes.length + " bytes; expected " + ref.bytes());
                }
                return bytes;
            } catch (IOException e) {
                checkCancelled(); // An interrupt shows as a failure to read.
                throw new EngineException.Failed("the input " + ref.key() + " cannot be read: " + text(e), e);
            }
        }
    }
}
