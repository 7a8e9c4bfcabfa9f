package drover.cli;

import drover.horde.DownloadOutcome;
import drover.horde.Downloader;
import drover.horde.GenMetadata;
import drover.horde.HordeError;
import drover.horde.HordeRequester;
import drover.horde.HordeResult;
import drover.horde.ImageOrder;
import drover.horde.ImageSource;
import drover.horde.OrderAccepted;
import drover.horde.OrderStatus;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Orders pictures, tells how far they are, and fetches them. Whoever interrupts it withdraws the order. */
final class HordeOrderRun {
    /** The Horde answers 90 such questions a minute. */
    private static final Duration LOOK = Duration.ofMillis(1500);

    private static final Duration FETCH = Duration.ofMinutes(3);
    private static final Duration GOODBYE = Duration.ofSeconds(10);
    private static final int MAX_PICTURE = 64 << 20;

    private final Cli cli;
    private final HordeSession session;
    private final HordeAccount account;
    private final HordeRequester requester;
    private final Path folder;
    private final Duration timeout;
    private final CountDownLatch unwanted = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private String shown = "";

    /**
     * @param folder for the pictures
     * @param timeout after which the order is withdrawn
     */
    HordeOrderRun(Cli cli, HordeSession session, HordeAccount account, Path folder, Duration timeout) {
        this.cli = cli;
        this.session = session;
        this.account = account;
        this.requester = session.requester(account);
        this.folder = folder;
        this.timeout = timeout;
    }

    /** Withdraws the order, and waits a while until that is done. For another thread, such as that of Ctrl-C. */
    void interrupt() {
        unwanted.countDown();
        try {
            if (!ended.await(GOODBYE.toSeconds(), TimeUnit.SECONDS)) {
                cli.err().println("the order may not have been withdrawn");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Does all of it, and gives the exit code. */
    int run(ImageOrder order) {
        try {
            return accepted(order);
        } finally {
            ended.countDown();
        }
    }

    private int accepted(ImageOrder order) {
        OrderAccepted accepted = value(session.await(requester.order(order)));
        String id = accepted.id().orElseThrow(() -> CommandFailure.failed("the Horde gave the order no number"));
        cli.err()
                .println("ordered as " + id
                        + accepted.kudos()
                                .map(" for at most %.0f kudos"::formatted)
                                .orElse("")
                        + (account.anonymous() ? ", anonymously" : ""));
        accepted.message().ifPresent(warning -> cli.err().println("the Horde: " + warning));
        return follow(id);
    }

    private int follow(String id) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            if (unwanted.getCount() == 0) {
                cancel(id, "interrupted");
                return Cli.INTERRUPTED;
            }
            if (System.nanoTime() - deadline > 0) {
                OrderStatus.Images images = cancel(id, "not done within " + timeout.toSeconds() + " s");
                fetch(images);
                return Cli.FAILED;
            }
            switch (session.await(requester.checkImages(id))) {
                case HordeResult.Ok<OrderStatus.Check>(OrderStatus.Check check) -> {
                    show(progress(check));
                    if (check.done() || check.faulted()) {
                        endLine();
                        return end(id, check);
                    }
                }
                case HordeResult.Failed<OrderStatus.Check>(HordeError.NotFound error) -> {
                    endLine();
                    throw CommandFailure.failed("the order is gone: it expired. " + error.message());
                }
                case HordeResult.Failed<OrderStatus.Check>(HordeError error) -> show(error.message());
            }
            pause();
        }
    }

    private void pause() {
        try {
            boolean interrupted = unwanted.await(LOOK.toMillis(), TimeUnit.MILLISECONDS);
            if (interrupted) {
                endLine();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            unwanted.countDown();
        }
    }

    private OrderStatus.Images cancel(String id, String why) {
        endLine();
        OrderStatus.Images images = value(session.await(requester.cancelImages(id)));
        cli.err().println(why + "; the order is withdrawn");
        return images;
    }

    private int end(String id, OrderStatus.Check check) {
        OrderStatus.Images images = value(session.await(requester.images(id)));
        int fetched = fetch(images);
        if (check.faulted()) {
            throw CommandFailure.failed("workers failed too often with this order, so the Horde has given it up");
        }
        return fetched > 0 && fetched == images.finished() ? Cli.DONE : Cli.FAILED;
    }

    private static String progress(OrderStatus.Check check) {
        if (check.waiting() > 0 && !check.isPossible()) {
            return "waiting: no worker that is there can do this";
        }
        return "%s%d waiting, %d being drawn, %d done%s%s"
                .formatted(
                        check.queuePosition() > 0 ? "position " + check.queuePosition() + ": " : "",
                        check.waiting(),
                        check.processing(),
                        check.finished(),
                        check.restarted() > 0 ? ", " + check.restarted() + " started anew" : "",
                        check.done() || check.waitTime() == 0 ? "" : ", about " + check.waitTime() + " s");
    }

    /** On a terminal the line is written anew, elsewhere a line is written for each change. */
    private void show(String text) {
        if (cli.terminalWidth().isPresent()) {
            int width = Math.max(1, cli.terminalWidth().get() - 1);
            String line = text.length() > width ? text.substring(0, width) : text;
            cli.err().print("\r" + line + " ".repeat(Math.max(0, Math.min(width, shown.length()) - line.length())));
            cli.err().flush();
        } else if (!text.equals(shown)) {
            cli.err().println(text);
        }
        shown = text;
    }

    private void endLine() {
        if (cli.terminalWidth().isPresent() && !shown.isEmpty()) {
            cli.err().println();
            shown = "";
        }
    }

    /** How many came. */
    private int fetch(OrderStatus.Images images) {
        Downloader downloader = session.downloader(new Downloader.Limits(
                MAX_PICTURE, Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofSeconds(60), 3, 5, atHome()));
        int fetched = 0;
        for (OrderStatus.Image image : images.generations()) {
            Optional<byte[]> bytes = bytes(downloader, image);
            if (bytes.isPresent() && write(image, bytes.get())) {
                fetched++;
            }
        }
        return fetched;
    }

    /** Whether the Horde is in one's own network, and so its pictures as well. Workers elsewhere choose addresses freely. */
    private boolean atHome() {
        try {
            InetAddress address =
                    InetAddress.getByName(URI.create(account.url()).getHost());
            return address.isLoopbackAddress() || address.isSiteLocalAddress() || address.isLinkLocalAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private Optional<byte[]> bytes(Downloader downloader, OrderStatus.Image image) {
        return switch (image.img()) {
            case ImageSource.Inline inline -> {
                Optional<byte[]> bytes = inline.bytes(MAX_PICTURE);
                if (bytes.isEmpty()) {
                    cli.err().println(image.id() + ": the worker sent something that is no picture");
                }
                yield bytes;
            }
            case ImageSource.Remote remote ->
                switch (session.await(downloader.fetch(
                        remote.url(), InstantSource.system().instant().plus(FETCH)))) {
                    case DownloadOutcome.Fetched fetched ->
                        Optional.of(fetched.bytes().toArray());
                    case DownloadOutcome.NotFetched missing -> {
                        cli.err().println(image.id() + ": " + missing.message());
                        yield Optional.empty();
                    }
                };
        };
    }

    private boolean write(OrderStatus.Image image, byte[] bytes) {
        Optional<String> type = type(bytes);
        if (type.isEmpty()) {
            cli.err().println(image.id() + ": what the worker sent is neither WebP nor PNG nor JPEG");
            return false;
        }
        Path file = folder.resolve(name(image.id()) + type.get()).toAbsolutePath();
        try {
            Path unfinished = Files.createTempFile(file.getParent(), ".horde", ".part");
            try {
                Files.write(unfinished, bytes);
                Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(unfinished);
            }
        } catch (IOException e) {
            throw CommandFailure.failed(file + " cannot be written: " + e.getMessage(), e);
        }
        StringBuilder line = new StringBuilder(file.toString());
        image.seed().ifPresent(seed -> line.append("  seed ").append(seed));
        image.model().ifPresent(model -> line.append("  ").append(model));
        image.workerName().ifPresent(worker -> line.append("  by ").append(worker));
        if (image.censored().orElse(false)) {
            line.append("  CENSORED");
        }
        for (GenMetadata entry : image.genMetadata()) {
            line.append("  ").append(entry.type()).append(' ').append(entry.value());
            entry.ref().ifPresent(ref -> line.append(' ').append(ref));
        }
        cli.out().println(printable(line.toString()));
        return true;
    }

    /** The server's numbers, and nothing that could lead elsewhere. */
    private static String name(String id) {
        String name = id.replaceAll("[^A-Za-z0-9-]", "");
        return "horde-" + name.substring(0, Math.min(name.length(), 60));
    }

    /** Strangers' words, without what a terminal would obey. */
    private static String printable(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }

    private static Optional<String> type(byte[] bytes) {
        String start = new String(bytes, 0, Math.min(12, bytes.length), StandardCharsets.ISO_8859_1);
        if (start.startsWith("RIFF") && start.endsWith("WEBP")) {
            return Optional.of(".webp");
        }
        if (start.startsWith("\u0089PNG\r\n")) {
            return Optional.of(".png");
        }
        return start.startsWith("\u00ff\u00d8\u00ff") ? Optional.of(".jpg") : Optional.empty();
    }

    private static <T> T value(HordeResult<T> result) {
        return switch (result) {
            case HordeResult.Ok<T>(T value) -> value;
            case HordeResult.Failed<T>(HordeError error) -> throw CommandFailure.failed(error.message());
        };
    }
}
