package drover.chaos;

import drover.client.DroverClient;
import drover.client.DroverException;
import drover.client.EventStream;
import drover.client.EventView;
import drover.client.JobRequest;
import drover.client.JobView;
import drover.digest.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** One caller; see {@link Callers}. */
final class Caller implements Runnable {
    private static final int MAX_BURST = 24;
    private static final int MAX_PAUSE_MILLIS = 1_000;
    private static final List<JobRequest.FaultOrder> FAULTS = List.of(
            fault("java_sleep", 1),
            fault("cooperative_stall", 1),
            fault("throw", 1),
            fault("throw", 100),
            fault("exit", 1),
            fault("sigstop", 1),
            fault("crawl", 1));

    private final List<DroverClient> doors;
    private final SplittableRandom random;
    private final OrderBook book;
    private final BooleanSupplier ordering;
    private int door;

    Caller(List<DroverClient> doors, SplittableRandom random, OrderBook book, BooleanSupplier ordering) {
        this.doors = doors;
        this.random = random;
        this.book = book;
        this.ordering = ordering;
        this.door = random.nextInt(doors.size());
    }

    /** An order that was accepted. */
    private record Accepted(String key, String job, JobRequest request) {}

    private interface Question<T> {
        T to(DroverClient door) throws DroverException, InterruptedException;
    }

    private static JobRequest.FaultOrder fault(String kind, int attempts) {
        return new JobRequest.FaultOrder(kind, "denoising", Optional.of(2), Optional.empty(), Optional.of(attempts));
    }

    @Override
    public void run() {
        try {
            while (ordering.getAsBoolean()) {
                round();
                pause(random.nextInt(20, 300));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // The run is over.
        }
    }

    private void round() throws InterruptedException {
        switch (random.nextInt(12)) {
            case 0 -> orderTwice();
            case 1, 2, 3 -> orderAndFollow();
            case 4 -> orderAndWithdraw();
            case 5 -> orderMany();
            case 6 -> orderInAHurry();
            case 7 -> orderAFault();
            default -> {
                Optional<Accepted> job = order(_ -> {}, false);
                if (job.isPresent()) {
                    awaitEnd(job.get());
                }
            }
        }
    }

    private JobRequest.Builder request(String key) {
        return JobRequest.of(Order.promptOf(key))
                .size(64, 64)
                .seed(random.nextLong(1L << 32))
                .steps(random.nextInt(12) == 0 ? random.nextInt(60, 150) : random.nextInt(3, 40))
                .priority(List.of("low", "normal", "normal", "high", "urgent").get(random.nextInt(5)));
    }

    private void orderTwice() throws InterruptedException {
        Optional<Accepted> job = order(_ -> {}, false);
        if (job.isPresent()) {
            // The book notices if it becomes another job.
            ask(
                            "order again",
                            door -> door.submit(
                                    job.get().request(), Optional.of(job.get().key())))
                    .ifPresent(view -> book.accepted(job.get().key(), view.id()));
            awaitEnd(job.get());
        }
    }

    private void orderMany() throws InterruptedException {
        List<Accepted> all = new ArrayList<>();
        for (int i = random.nextInt(4, MAX_BURST); i > 0; i--) {
            order(_ -> {}, false).ifPresent(all::add);
        }
        for (Accepted job : all) {
            awaitEnd(job);
        }
    }

    private void orderInAHurry() throws InterruptedException {
        Optional<Accepted> job = order(request -> request.deadlineSeconds(random.nextInt(2, 30)), true);
        if (job.isPresent()) {
            awaitEnd(job.get());
        }
    }

    private void orderAFault() throws InterruptedException {
        Optional<Accepted> job = order(request -> request.fault(FAULTS.get(random.nextInt(FAULTS.size()))), false);
        if (job.isPresent()) {
            awaitEnd(job.get());
        }
    }

    private void orderAndWithdraw() throws InterruptedException {
        Optional<Accepted> job = order(_ -> {}, false);
        if (job.isEmpty()) {
            return;
        }
        pause(random.nextInt(1_500));
        while (true) {
            try {
                note(job.get(), door().cancel(job.get().job()));
                break;
            } catch (DroverException.Refused e) {
                if (e.problem().status() != 409) {
                    book.finding("withdrawing job " + job.get().job() + " was refused: " + e.getMessage());
                }
                break;
            } catch (DroverException e) {
                onTrouble(e);
            }
        }
        awaitEnd(job.get());
    }

    private void orderAndFollow() throws InterruptedException {
        Optional<Accepted> job = order(_ -> {}, false);
        if (job.isEmpty()) {
            return;
        }
        while (true) {
            try (EventStream events = door().events(job.get().job())) {
                for (Optional<EventView> next = events.next(); next.isPresent(); next = events.next()) {
                    if (next.get() instanceof EventView.State state) {
                        note(job.get(), state.job());
                    }
                }
                break;
            } catch (DroverException.Refused e) {
                book.finding("following job " + job.get().job() + " was refused: " + e.getMessage());
                break;
            } catch (DroverException e) {
                onTrouble(e);
            }
        }
        awaitEnd(job.get());
    }

    /** Orders until it is accepted. Empty if it is refused. */
    private Optional<Accepted> order(Consumer<JobRequest.Builder> more, boolean hurried) throws InterruptedException {
        String key = UUID.randomUUID().toString();
        JobRequest.Builder builder = request(key);
        more.accept(builder);
        JobRequest request = builder.build();
        book.sent(key, hurried);
        Optional<JobView> view = ask("an order", door -> door.submit(request, Optional.of(key)));
        view.ifPresent(accepted -> book.accepted(key, accepted.id()));
        return view.map(accepted -> new Accepted(key, accepted.id(), request));
    }

    private void awaitEnd(Accepted job) throws InterruptedException {
        while (true) {
            Optional<JobView> view = ask("reading job " + job.job(), door -> door.job(job.job()));
            if (view.isEmpty() || view.get().ended()) {
                view.ifPresent(ended -> note(job, ended));
                if (view.filter(v -> v.state().equals("delivered")).isPresent()) {
                    fetch(job, view.get().assets());
                }
                return;
            }
            pause(random.nextInt(300, 900));
        }
    }

    private void note(Accepted job, JobView view) {
        if (view.ended()) {
            book.ended(job.key(), view.state());
        }
    }

    private void fetch(Accepted job, List<JobView.AssetView> assets) throws InterruptedException {
        if (assets.size() != 1) {
            book.finding("job " + job.job() + " was delivered with " + assets.size() + " results, ordered was 1");
            return;
        }
        Optional<String> digest = ask("fetching the result of job " + job.job(), door -> {
            try (InputStream in = door.asset(job.job(), 0)) {
                return Sha256.of(in.readAllBytes());
            } catch (IOException e) {
                book.trouble("result cut off");
                return "";
            }
        });
        digest.filter(found ->
                        !found.isEmpty() && !found.equals(assets.getFirst().sha256()))
                .ifPresent(found -> book.finding("the result of job " + job.job() + " has digest " + found
                        + ", but should have " + assets.getFirst().sha256()));
    }

    /** Asks any host, again and again until one answers. Empty if it is refused, which is noted. */
    private <T> Optional<T> ask(String what, Question<T> question) throws InterruptedException {
        while (true) {
            try {
                return Optional.of(question.to(door()));
            } catch (DroverException.Refused e) {
                book.finding(what + " was refused (" + e.problem().status() + "): " + e.getMessage());
                return Optional.empty();
            } catch (DroverException e) {
                onTrouble(e);
            }
        }
    }

    private void onTrouble(DroverException e) throws InterruptedException {
        goToTheNextDoor();
        switch (e) {
            case DroverException.TryLater later -> {
                book.trouble("try later: " + later.problem().code());
                pause((int) Math.min(MAX_PAUSE_MILLIS, later.retryAfter().toMillis()));
            }
            case DroverException.Unreachable _ -> {
                book.trouble("no answer");
                pause(random.nextInt(100, 500));
            }
            case DroverException.Unexpected unexpected -> {
                book.trouble("not understood: " + unexpected.getMessage());
                pause(random.nextInt(100, 500));
            }
            case DroverException.Refused refused -> throw new IllegalArgumentException("not a trouble", refused);
        }
    }

    /** The host that has answered last, as a caller with any sense would; now and then another one all the same. */
    private DroverClient door() {
        if (random.nextInt(20) == 0) {
            goToTheNextDoor();
        }
        return doors.get(door);
    }

    private void goToTheNextDoor() {
        door = (door + 1) % doors.size();
    }

    private static void pause(int millis) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(millis);
    }
}
