package drover.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import drover.client.DroverException;
import drover.client.EventStream;
import drover.client.EventView;
import drover.client.JobView;
import drover.ledger.LedgerSettings;
import drover.ledger.Postgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Several control processes with one PostgreSQL, each on a loopback address of its own: killed, and started anew one by one. */
@Tag("processes")
@ExtendWith(Postgres.Shared.class)
class ClusterProcessTest {
    @TempDir
    Path folder;

    private final List<HostProcess> hosts = new ArrayList<>();
    private Path assets = Path.of("");

    @AfterEach
    void reap() {
        hosts.forEach(HostProcess::close);
    }

    @Test
    void jobsGoOnWhenTheirDispatchIsKilledAndWhenEveryHostIsStartedAnew(Postgres postgres) throws Exception {
        LedgerSettings ledger = postgres.fresh();
        List<HostProcess> all = threeHosts(ledger);
        HostProcess first = all.get(0);
        HostProcess second = all.get(1);
        HostProcess third = all.get(2);
        first.start("up");
        first.awaitLog("the jobs are dispatched by");
        second.start("up");
        third.start("up");
        second.awaitLog("the jobs are dispatched by");
        third.awaitLog("the jobs are dispatched by");
        List<String> jobs = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            jobs.add(
                    second.submit("long " + i, 150)); // At 20 ms a step it outlasts no failover, but some begin before.
        }
        for (int i = 0; i < 12; i++) {
            jobs.add(second.submit("job " + i, 60));
        }
        await().atMost(HostProcess.PATIENCE)
                .until(() -> views(second, jobs).stream()
                                .filter(job -> job.state().equals("running"))
                                .count()
                        == 3);
        CompletableFuture<List<EventView>> followed = follow(second, jobs.getLast());

        Instant killed = Instant.now();
        first.kill();

        await().atMost(HostProcess.PATIENCE).until(() -> assignedAfter(second, jobs, killed));
        Duration failover = views(second, jobs).stream()
                .flatMap(job -> job.attempts().stream())
                .map(JobView.AttemptView::assignedAt)
                .filter(at -> at.isAfter(killed.plusMillis(500)))
                .min(Comparator.naturalOrder())
                .map(at -> Duration.between(killed, at))
                .orElseThrow();
        System.out.println("control host killed to work assigned again: " + failover.toMillis() + " ms");
        List<JobView> after = views(second, jobs);
        // What ran on living hosts meanwhile was kept: only the dead host's job was lost.
        assertThat(after.stream().filter(job -> lost(job) > 0).count()).isLessThanOrEqualTo(1);

        assertThat(followed).succeedsWithin(HostProcess.PATIENCE);
        assertThat(followed.join().getLast())
                .isInstanceOfSatisfying(
                        EventView.State.class,
                        end -> assertThat(end.job().state()).isEqualTo("delivered"));

        Files.delete(first.home.resolve("up.log"));
        first.start("up");
        first.awaitLog("the jobs are dispatched by");
        for (HostProcess host : List.of(second, third, first)) {
            HostProcess other = host == third ? second : third;
            jobs.add(other.submit("while one is started anew", 20));
            assertThat(host.end()).as(host.log()).isZero();
            jobs.add(other.submit("while one is away", 20));
            Files.delete(host.home.resolve("up.log"));
            host.start("up");
            host.awaitLog("the jobs are dispatched by");
        }
        jobs.add(first.submit("before the dispatch is frozen", 150));
        // The second is the oldest now. Frozen, it still holds its connection to the database.
        Instant frozen = Instant.now();
        second.signal("STOP");
        jobs.add(third.submit("once the dispatch has been taken over", 20));
        System.out.println("control host frozen to a job accepted again: "
                + Duration.between(frozen, Instant.now()).toMillis() + " ms");
        second.signal("CONT");
        assertThat(second.awaitEnd()).isNotZero();

        await().atMost(HostProcess.PATIENCE)
                .until(() -> views(third, jobs).stream().filter(JobView::ended).count() == jobs.size());
        assertThat(views(third, jobs)).allSatisfy(job -> {
            assertThat(job.state()).as(job.toString()).isEqualTo("delivered");
            assertThat(job.assets()).hasSize(1);
        });
        assertThat(deliveries(ledger)).isEqualTo(jobs.size());
    }

    @Test
    void aHostWithoutADatabaseTakesWorkAndItsWorkIsDoneElsewhereWhenItIsKilled() throws Exception {
        assets = Files.createDirectories(folder.resolve("shared"));
        HostProcess control = new HostProcess(folder, "127.0.0.2");
        HostProcess joined = new HostProcess(folder, "127.0.0.3");
        hosts.addAll(List.of(control, joined));
        for (HostProcess host : hosts) {
            host.configure(
                    assets,
                    "fault.step-time = 200ms, http.limits.max-steps = 500, cluster { unreachable-after = 1s, remove-after = 1s }");
        }
        control.start("up");
        control.awaitLog("ready: jobs at");
        // For longer than any start takes; it is withdrawn when it has done its duty.
        String here = control.submit("keeps the only node busy", 500);
        await().atMost(HostProcess.PATIENCE).until(() -> isRunningOn("cpu0", control, here));
        joined.start("node", "--gpu", "cpu", "--join", control.seed());
        joined.awaitLog("ready: taking work from");
        String there = control.submit("goes to the other host", 20);
        await().atMost(HostProcess.PATIENCE).until(() -> isRunningOn("cpu0@127.0.0.3", control, there));

        joined.kill();
        assertThat(control.job(here).orElseThrow().attempts()).hasSize(1);
        control.cancel(here);

        await().atMost(HostProcess.PATIENCE)
                .until(() -> control.job(there).orElseThrow().ended());
        JobView job = control.job(there).orElseThrow();
        assertThat(job.state()).isEqualTo("delivered");
        assertThat(job.attempts()).extracting(JobView.AttemptView::node).containsExactly("cpu0@127.0.0.3", "cpu0");
        assertThat(lost(job)).isEqualTo(1);
    }

    @Test
    void aWitnessWithoutGpusVotesAndTakesJobs(Postgres postgres) throws Exception {
        List<HostProcess> all = threeHosts(postgres.fresh());
        HostProcess first = all.get(0);
        HostProcess second = all.get(1);
        HostProcess witness = all.get(2);
        first.start("up");
        first.awaitLog("the jobs are dispatched by");
        second.start("up");
        witness.withoutGpus().start("up");
        second.awaitLog("the jobs are dispatched by");
        witness.awaitLog("the jobs are dispatched by");
        List<String> jobs = new ArrayList<>(List.of(witness.submit("before", 20)));

        first.kill();

        jobs.add(witness.submit("after", 20));
        await().atMost(HostProcess.PATIENCE)
                .until(() ->
                        views(witness, jobs).stream().filter(JobView::ended).count() == jobs.size());
        assertThat(views(witness, jobs)).allSatisfy(job -> {
            assertThat(job.state()).as(job.toString()).isEqualTo("delivered");
            assertThat(job.attempts()).noneMatch(attempt -> attempt.node().endsWith(witness.address()));
        });
    }

    private static boolean isRunningOn(String node, HostProcess host, String id) throws InterruptedException {
        JobView job = host.job(id).orElseThrow();
        return job.state().equals("running") && job.attempts().getLast().node().equals(node);
    }

    private static long lost(JobView job) {
        return job.attempts().stream()
                .filter(attempt -> attempt.outcome().filter("node_lost"::equals).isPresent())
                .count();
    }

    private List<HostProcess> threeHosts(LedgerSettings ledger) throws IOException {
        assets = Files.createDirectories(folder.resolve("shared"));
        for (int i = 2; i < 5; i++) {
            hosts.add(new HostProcess(folder, "127.0.0." + i));
        }
        List<String> seeds = hosts.stream().map(HostProcess::seed).toList();
        for (HostProcess host : hosts) {
            host.configure(assets, ledger, seeds);
        }
        return List.copyOf(hosts);
    }

    private static CompletableFuture<List<EventView>> follow(HostProcess host, String job) {
        return CompletableFuture.supplyAsync(() -> {
            List<EventView> heard = new ArrayList<>();
            try (EventStream events = host.client().events(job)) {
                for (Optional<EventView> next = events.next(); next.isPresent(); next = events.next()) {
                    heard.add(next.get());
                }
            } catch (DroverException e) {
                throw new CompletionException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return heard;
        });
    }

    private static boolean assignedAfter(HostProcess host, List<String> jobs, Instant moment)
            throws InterruptedException {
        return views(host, jobs).stream()
                .flatMap(job -> job.attempts().stream())
                .anyMatch(attempt -> attempt.assignedAt().isAfter(moment.plusMillis(500)));
    }

    private static List<JobView> views(HostProcess host, List<String> jobs) throws InterruptedException {
        List<JobView> views = new ArrayList<>();
        for (String job : jobs) {
            host.job(job).ifPresent(views::add);
        }
        return views;
    }

    private static int deliveries(LedgerSettings ledger) throws SQLException {
        try (Connection connection = DriverManager.getConnection(ledger.url(), ledger.user(), "");
                Statement statement = connection.createStatement();
                ResultSet found =
                        statement.executeQuery("SELECT COUNT(*) FROM job_events WHERE LOWER(kind) = 'delivered'")) {
            found.next();
            return found.getInt(1);
        }
    }
}
