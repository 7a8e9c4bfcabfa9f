package drover.chaos;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * A run: sets up a cluster of real processes, has callers keep it busy, does what the {@link Schedule} says, mends
 * everything, lets what was ordered come to its end, ends the cluster, and checks the books. One thread does all of it but
 * the calling.
 */
public final class Chaos {
    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final Duration START_LIMIT = Duration.ofMinutes(4);
    /**
     * For what was ordered to come to its end once everything is whole again; on a busy machine a host takes a minute
     * to start.
     */
    private static final Duration SETTLE_LIMIT = Duration.ofMinutes(10);

    private static final Duration LOOK_PAUSE = Duration.ofSeconds(1);
    /** Nodes whose host has died notice after their orphan timeout of 10 s. */
    private static final Duration ORPHAN_LIMIT = Duration.ofSeconds(30);

    private final ChaosSettings settings;
    private final Cast cast;
    private final World world;
    private final PrintStream out;
    private final BooleanSupplier interrupted;
    private final List<Report.Done> done = new ArrayList<>();
    private final PriorityQueue<Relief> reliefs = new PriorityQueue<>(Comparator.comparing(Relief::at));
    private final List<Finding> findings = new ArrayList<>();
    private long begun = System.nanoTime();
    private Duration played = Duration.ZERO;
    private int faults;

    private interface Step {
        void take() throws IOException;
    }

    /** The end of a fault that lasts. */
    private record Relief(Duration at, String what, Step step) {}

    private Chaos(ChaosSettings settings, World world, PrintStream out, BooleanSupplier interrupted) {
        this.settings = settings;
        this.cast = settings.cast();
        this.world = world;
        this.out = out;
        this.interrupted = interrupted;
    }

    /**
     * Carries out a run; whatever happens, nothing of it is left.
     *
     * @param out gets a line for all that is done, when it is done
     * @param interrupted whether somebody wants it to come to its end, in good order, before its time
     * @throws ChaosException if it cannot be set up or carried out here
     */
    public static Report run(ChaosSettings settings, PrintStream out, BooleanSupplier interrupted)
            throws ChaosException {
        if (!Files.isDirectory(Path.of("/proc/self"))) {
            throw new ChaosException("chaos finds its processes in /proc, so it runs on Linux only");
        }
        try (World world = World.create(settings, out)) {
            Chaos chaos = new Chaos(settings, world, out, interrupted);
            try {
                Report report = chaos.run();
                if (settings.keep() || !report.isGood()) {
                    world.keep();
                }
                return report;
            } catch (IOException | SQLException e) {
                world.keep();
                throw new ChaosException(e.getMessage() + "; the logs are in " + world.folder(), e);
            }
        } catch (IOException e) {
            throw new ChaosException("not everything could be taken down: " + e.getMessage(), e);
        }
    }

    private Report run() throws IOException, SQLException, ChaosException {
        world.notes().forEach(note -> out.println("note: " + note));
        Schedule schedule = Schedule.of(settings.seed(), settings.length(), cast);
        start();
        OrderBook book = new OrderBook(System::nanoTime);
        LedgerCopy ledger;
        try (Callers callers = new Callers(
                world.hosts().stream().limit(cast.controls()).map(Host::door).toList(),
                world.tokens(),
                settings.callers(),
                settings.seed(),
                book)) {
            begun = System.nanoTime();
            say("all hosts are up; callers begin");
            callers.start();
            play(schedule);
            played = elapsed();
            say("no more faults; what was ordered comes to its end");
            makeWhole();
            callers.stopOrdering();
            settle(callers);
        }
        say("ending the hosts");
        endHosts();
        try (Connection connection = world.database().connect()) {
            ledger = LedgerCopy.read(connection);
        }
        book.findings().forEach(what -> findings.add(new Finding(Finding.Kind.MISTOLD, what)));
        findings.addAll(Books.check(ledger, book.orders()));
        findings.addAll(Traces.results(ledger, world.results()));
        return report(ledger, book);
    }

    private void start() throws IOException, ChaosException {
        for (Host host : world.hosts()) {
            host.start();
        }
        long end = System.nanoTime() + START_LIMIT.toNanos();
        for (Host host : world.hosts()) {
            while (!host.hasSaid("ready: ")) {
                if (host.starts() > 1 || System.nanoTime() - end >= 0 || interrupted.getAsBoolean()) {
                    world.keep();
                    throw new ChaosException(host.name() + " did not become ready; its log is " + host.log());
                }
                tick();
            }
        }
    }

    /** Supervises, and waits a little. */
    private void tick() throws IOException {
        for (Host host : world.hosts()) {
            host.supervise();
        }
        LockSupport.parkNanos(TICK_NANOS);
    }

    private void play(Schedule schedule) throws IOException {
        Deque<Fault.Due> due = new ArrayDeque<>(schedule.faults());
        while (elapsed().compareTo(settings.length()) < 0 && !interrupted.getAsBoolean()) {
            while (!due.isEmpty() && due.peek().at().compareTo(elapsed()) <= 0) {
                commit(due.remove().fault());
            }
            while (!reliefs.isEmpty() && reliefs.peek().at().compareTo(elapsed()) <= 0) {
                relieve(reliefs.remove());
            }
            tick();
        }
    }

    private void makeWhole() throws IOException {
        while (!reliefs.isEmpty()) {
            relieve(reliefs.remove());
        }
    }

    private void relieve(Relief relief) throws IOException {
        relief.step().take();
        say("  " + relief.what());
    }

    private void commit(Fault fault) throws IOException {
        String what = fault.describe(cast);
        switch (fault) {
            case Fault.Kill(int host) -> onHost(host, what, h -> h.kill());
            case Fault.PowerOff(int host) -> onHost(host, what, Host::killAll);
            case Fault.KillNode(int host) -> onHost(host, what, Host::killNodes);
            case Fault.FreezeNode(int host) -> onHost(host, what, Host::freezeNodes);
            case Fault.Freeze(int host, Duration lasting) -> {
                onHost(host, what, h -> h.signal("STOP"));
                later(
                        lasting,
                        "SIGCONT of " + cast.name(host),
                        () -> world.host(host).signal("CONT"));
            }
            case Fault.FreezeForGood(int host, Duration untilReset) -> {
                onHost(host, what, h -> h.signal("STOP"));
                later(
                        untilReset,
                        "reset of " + cast.name(host),
                        () -> world.host(host).killAll());
            }
            case Fault.Restart(int host) -> onHost(host, what, Host::restart);
            case Fault.SetClock(int host, Duration ahead) ->
                onHost(host, what, h -> {
                    h.setClock(ahead);
                    h.restart();
                });
            case Fault.Cut(int host, Duration lasting) -> {
                if (world.network().hasLinks()) {
                    world.network().cut(host);
                    harm(what);
                    later(
                            lasting,
                            "link of " + cast.name(host) + " mended",
                            () -> world.network().mend(host));
                }
            }
            case Fault.RestartDatabase(Duration lasting) -> {
                if (world.database().isOwn()) {
                    world.database().stop();
                    harm(what);
                    later(lasting, "database started", () -> world.database().start());
                }
            }
            case Fault.CrashDatabase(Duration lasting) -> {
                if (world.database().isOwn()) {
                    world.database().kill();
                    harm(what);
                    later(lasting, "database started", () -> world.database().start());
                }
            }
            case Fault.FillResults(Duration lasting) -> {
                if (world.resultsDisk().isPresent()) {
                    fill(world.resultsDisk().get(), what, lasting, "disk of the results freed");
                }
            }
            case Fault.FillDisk(int host, Duration lasting) -> {
                if (world.diskOf(host).isPresent()) {
                    fill(world.diskOf(host).get(), what, lasting, "disk of " + cast.name(host) + " freed");
                }
            }
        }
    }

    private void fill(Disk disk, String what, Duration lasting, String then) throws IOException {
        disk.fill();
        harm(what);
        later(lasting, then, disk::free);
    }

    private interface OnHost {
        void take(Host host) throws IOException;
    }

    private void onHost(int number, String what, OnHost step) throws IOException {
        Host host = world.host(number);
        boolean alive = host.isAlive();
        step.take(host);
        harm(alive ? what : what + ", which is down already");
    }

    private void later(Duration lasting, String what, Step step) {
        reliefs.add(new Relief(elapsed().plus(lasting), what, step));
    }

    private void settle(Callers callers) throws IOException {
        long end = System.nanoTime() + SETTLE_LIMIT.toNanos();
        long look = System.nanoTime();
        boolean settled = false;
        while (!settled && System.nanoTime() - end < 0) {
            tick();
            if (System.nanoTime() - look >= 0) {
                settled = callers.areDone() && unfinished() == 0;
                look = System.nanoTime() + LOOK_PAUSE.toNanos();
            }
        }
    }

    /** Unknown counts as some. */
    private int unfinished() {
        try (Connection connection = world.database().connect()) {
            return LedgerCopy.unfinished(connection);
        } catch (SQLException e) {
            return -1;
        }
    }

    /** The hosts with nodes only first, the first of the others last, as an operator would. */
    private void endHosts() throws IOException {
        List<Host> gpus = world.hosts().subList(cast.controls(), cast.size());
        gpus.forEach(Host::end);
        awaitEnd(gpus);
        for (int control = cast.controls() - 1; control >= 0; control--) {
            Host host = world.host(control);
            host.end();
            awaitEnd(List.of(host));
        }
        long end = System.nanoTime() + ORPHAN_LIMIT.toNanos();
        while (world.isPopulated() && System.nanoTime() - end < 0) {
            tick();
        }
        for (Host host : world.hosts()) {
            findings.addAll(Traces.leftBy(host));
            if (host.killedBySupervisor() > 0) {
                findings.add(new Finding(
                        Finding.Kind.STUCK,
                        host.name() + " did not end within " + Host.END_LIMIT.toSeconds() + " s of SIGTERM, "
                                + host.killedBySupervisor() + " times"));
            }
        }
    }

    private void awaitEnd(List<Host> ending) throws IOException {
        // A host that does not end is killed by its supervisor.
        while (ending.stream().anyMatch(Host::isAlive)) {
            tick();
        }
    }

    private Report report(LedgerCopy ledger, OrderBook book) {
        Map<String, Long> books = new LinkedHashMap<>();
        for (Finding.Kind kind : Finding.Kind.values()) {
            books.put(
                    kind.name().toLowerCase(Locale.ROOT),
                    findings.stream().filter(each -> each.kind() == kind).count());
        }
        return new Report(
                settings.seed(),
                cast.controls(),
                cast.gpus(),
                played.toMillis() / 1000.0,
                faults,
                world.notes(),
                List.copyOf(done),
                ledger.jobs().size(),
                Books.counts(ledger),
                book.troubles(),
                book.longestGap().toMillis() / 1000.0,
                world.hosts().stream().mapToInt(Host::starts).sum(),
                findings.stream()
                        .map(each -> each.kind().name().toLowerCase(Locale.ROOT) + ": " + each.what())
                        .toList(),
                books,
                settings.keep() || !findings.isEmpty() ? world.folder().toString() : "");
    }

    private void harm(String what) {
        faults++;
        say(what);
    }

    private void say(String what) {
        Report.Done line = Report.Done.of(elapsed(), what);
        done.add(line);
        out.println(line);
    }

    private Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - begun);
    }
}
