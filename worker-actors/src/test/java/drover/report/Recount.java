package drover.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import drover.client.ReportView;
import drover.client.ReportView.CountsView;
import drover.client.ReportView.GroupView;
import drover.client.ReportView.PhaseView;
import drover.client.ReportView.TenantView;
import drover.inference.Phase;
import drover.job.Attempt;
import drover.job.AttemptTimings.PhaseTime;
import drover.job.Job;
import drover.job.JobState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Counts everything again in the plainest way, with all of it in memory, and compares. */
public final class Recount {
    private static final Set<String> FAILURES = Set.of("STALLED", "CRASHED", "FAILED", "RESULT_LOST", "TOO_SLOW");

    private final List<Row> rows = new ArrayList<>();
    private final List<Job> ended;

    private record Row(Job job, Attempt attempt, Instant end, String how) {
        boolean failed() {
            return FAILURES.contains(how);
        }

        boolean judged() {
            return failed() || how.equals("OK");
        }

        double took() {
            return Duration.between(attempt.assigned(), end).toNanos() / 1e9;
        }
    }

    public Recount(List<Job> jobs, Instant from, Instant to, Optional<String> node, Optional<String> model) {
        Predicate<Instant> inside = at -> at.compareTo(from) >= 0 && at.compareTo(to) < 0;
        List<Job> ours = jobs.stream()
                .filter(job -> model.map(job.request().model()::equals).orElse(true))
                .toList();
        for (Job job : ours) {
            for (Attempt attempt : job.attempts()) {
                String how = attempt.outcome().map(Enum::name).orElse("OK");
                Instant end = attempt.ended().orElse(null);
                if (end == null && job.state().isTerminal()) {
                    how = "ABANDONED";
                    end = job.changed();
                }
                if (end != null
                        && inside.test(end)
                        && node.map(attempt.node()::equals).orElse(true)) {
                    rows.add(new Row(job, attempt, end, how));
                }
            }
        }
        ended = ours.stream()
                .filter(job -> job.state().isTerminal() && inside.test(job.changed()))
                .filter(job -> node.isEmpty()
                        || job.attempts().stream().anyMatch(a -> a.node().equals(node.get())))
                .toList();
    }

    /** Fails where the report says something else. */
    public void check(ReportView report) {
        check(report.total(), rows);
        checkGroups(report.nodes(), row -> row.attempt().node());
        checkGroups(report.models(), row -> row.job().request().model());
        checkClusters(report);
        checkRequesters(report);
        assertThat(report.timeline().stream().mapToLong(s -> s.succeeded()).sum())
                .isEqualTo(count(rows, "OK"));
        assertThat(report.timeline().stream()
                        .mapToLong(s -> s.succeeded() + s.failed() + s.interrupted())
                        .sum())
                .isEqualTo(rows.size());
    }

    private void checkGroups(List<GroupView> groups, Function<Row, String> key) {
        var expected = rows.stream().collect(Collectors.groupingBy(key));
        assertThat(groups).extracting(GroupView::name).containsExactlyInAnyOrderElementsOf(expected.keySet());
        for (GroupView group : groups) {
            List<Row> mine = Objects.requireNonNull(expected.get(group.name()));
            check(group.counts(), mine);
            checkTimes(
                    group,
                    "queued",
                    mine.stream().map(row -> row.job().waited(row.attempt())).toList());
            checkTimes(
                    group,
                    "assigned",
                    mine.stream()
                            .flatMap(row -> row.attempt().started().stream()
                                    .map(at -> Duration.between(row.attempt().assigned(), at)))
                            .toList());
            checkTimes(group, "load", totals(mine, Phase.LOADING));
            checkTimes(group, "decode", totals(mine, Phase.DECODING));
            checkTimes(
                    group,
                    "step",
                    mine.stream()
                            .filter(row -> row.how().equals("OK"))
                            .flatMap(row -> row.attempt().timings().of(Phase.DENOISING).stream())
                            .flatMap(time -> Stream.generate(() -> time.total().dividedBy(Math.max(1, time.steps())))
                                    .limit(time.steps()))
                            .toList());
            checkTimes(
                    group,
                    "deliver",
                    mine.stream()
                            .filter(row -> row.how().equals("OK") && row.job().state() == JobState.DELIVERED)
                            .map(row -> Duration.between(row.end(), row.job().changed()))
                            .toList());
        }
    }

    private static List<Duration> totals(List<Row> rows, Phase phase) {
        return rows.stream()
                .filter(row -> row.how().equals("OK"))
                .flatMap(row -> row.attempt().timings().of(phase).stream())
                .map(PhaseTime::total)
                .toList();
    }

    private static void checkTimes(GroupView group, String phase, List<Duration> expected) {
        PhaseView view = group.phases().get(phase);
        if (expected.isEmpty()) {
            assertThat(view).isNull();
            return;
        }
        checkTimes(Objects.requireNonNull(view), expected);
    }

    private static void checkTimes(PhaseView view, List<Duration> expected) {
        List<Double> sorted =
                expected.stream().map(d -> d.toNanos() / 1e9).sorted().toList();
        assertThat(view.count()).isEqualTo(sorted.size());
        if (!sorted.isEmpty()) {
            assertNear(view.p50(), sorted.get((int) Math.ceil(sorted.size() * 0.5) - 1));
            assertNear(view.p95(), sorted.get((int) Math.ceil(sorted.size() * 0.95) - 1));
        }
    }

    private static void assertNear(double found, double exact) {
        assertThat(found).isCloseTo(exact, within(exact * 0.01 + 0.0002));
    }

    private static void check(CountsView counts, List<Row> mine) {
        long judged = mine.stream().filter(Row::judged).count();
        assertThat(counts.attempts()).isEqualTo(mine.size());
        assertThat(counts.jobs())
                .isEqualTo(mine.stream().map(row -> row.job().id()).distinct().count());
        assertThat(counts.success().of()).isEqualTo(judged);
        assertThat(counts.success().count()).isEqualTo(count(mine, "OK"));
        assertThat(counts.failures())
                .isEqualTo(mine.stream().filter(Row::failed).count());
        assertThat(counts.stalled().count()).isEqualTo(count(mine, "STALLED"));
        assertThat(counts.crashed().count()).isEqualTo(count(mine, "CRASHED"));
        assertThat(counts.errors().count()).isEqualTo(count(mine, "FAILED"));
        assertThat(counts.resultsLost().count()).isEqualTo(count(mine, "RESULT_LOST"));
        assertThat(counts.tooSlow().count()).isEqualTo(count(mine, "TOO_SLOW"));
        assertThat(counts.interrupted()).isEqualTo(mine.size() - judged);
        assertThat(counts.nodeLost()).isEqualTo(count(mine, "NODE_LOST"));
        assertThat(counts.handedBack()).isEqualTo(count(mine, "HANDED_BACK"));
        assertThat(counts.abandoned()).isEqualTo(count(mine, "ABANDONED"));
        assertThat(counts.stallSeconds())
                .isCloseTo(seconds(mine, row -> row.how().equals("STALLED")), within(1e-6));
        assertThat(counts.lostSeconds())
                .isCloseTo(seconds(mine, row -> !row.how().equals("OK")), within(1e-6));
    }

    private static long count(List<Row> rows, String how) {
        return rows.stream().filter(row -> row.how().equals(how)).count();
    }

    private static double seconds(List<Row> rows, Predicate<Row> which) {
        return rows.stream().filter(which).mapToDouble(Row::took).sum();
    }

    private void checkClusters(ReportView report) {
        List<Row> judged = rows.stream().filter(Row::judged).toList();
        long failures = judged.stream().filter(Row::failed).count();
        for (var cluster : report.clusters()) {
            Predicate<Row> here = switch (cluster.dimension()) {
                case "node" -> row -> row.attempt().node().equals(cluster.value());
                case "model" -> row -> row.job().request().model().equals(cluster.value());
                case "node and model" ->
                    row -> cluster.value()
                            .equals(row.attempt().node() + " with "
                                    + row.job().request().model());
                default ->
                    row -> {
                        Configuration it = Configuration.of(row.job().request());
                        return Set.of(it.size(), it.steps(), it.sampler(), it.describe())
                                        .contains(cluster.value())
                                || it.features().contains(cluster.value());
                    };
            };
            List<Row> mine = judged.stream().filter(here).toList();
            List<Row> failed = mine.stream().filter(Row::failed).toList();
            assertThat(cluster.failures().of()).as(cluster.toString()).isEqualTo(mine.size());
            assertThat(cluster.failures().count()).isEqualTo(failed.size());
            assertThat(cluster.elsewhere().of()).isEqualTo(judged.size() - mine.size());
            assertThat(cluster.elsewhere().count()).isEqualTo(failures - failed.size());
            assertThat(cluster.failedJobs())
                    .isEqualTo(failed.stream()
                            .map(row -> row.job().id())
                            .collect(Collectors.toCollection(HashSet::new))
                            .size());
            assertThat(cluster.overRepresented())
                    .isCloseTo(
                            (double) failed.size() / failures / ((double) mine.size() / judged.size()), within(1e-9));
        }
    }

    private void checkRequesters(ReportView report) {
        var requesters = report.requesters();
        assertThat(requesters.ended().values().stream().mapToLong(it -> it).sum())
                .isEqualTo(ended.size());
        checkWaits(requesters.submittedToDelivered(), requesters.waitedSeconds(), requesters.lostSeconds(), ended);
        var expected =
                ended.stream().collect(Collectors.groupingBy(job -> job.tenant().name()));
        assertThat(requesters.tenants())
                .extracting(TenantView::name)
                .containsExactlyInAnyOrderElementsOf(expected.keySet());
        assertThat(requesters.tenants())
                .isSortedAccordingTo(
                        Comparator.comparingDouble(TenantView::waitedSeconds).reversed());
        for (TenantView tenant : requesters.tenants()) {
            List<Job> mine = Objects.requireNonNull(expected.get(tenant.name()));
            assertThat(tenant.ended()).isEqualTo(mine.size());
            checkWaits(tenant.submittedToDelivered(), tenant.waitedSeconds(), tenant.lostSeconds(), mine);
        }
    }

    private static void checkWaits(PhaseView times, double waitedSeconds, double lostSeconds, List<Job> of) {
        List<Job> delivered =
                of.stream().filter(job -> job.state() == JobState.DELIVERED).toList();
        checkTimes(
                times,
                delivered.stream()
                        .map(job -> Duration.between(job.accepted(), job.changed()))
                        .toList());
        assertThat(waitedSeconds)
                .isCloseTo(
                        delivered.stream()
                                .mapToDouble(job -> Duration.between(job.accepted(), job.changed())
                                                .toNanos()
                                        / 1e9)
                                .sum(),
                        within(1e-6));
        // All attempts but the last gave nothing: what came before the last one's assignment, and after the first's.
        assertThat(lostSeconds)
                .isCloseTo(
                        delivered.stream()
                                .mapToDouble(job -> Duration.between(
                                                        job.attempts()
                                                                .getFirst()
                                                                .assigned(),
                                                        job.attempts().getLast().assigned())
                                                .toNanos()
                                        / 1e9)
                                .sum(),
                        within(1e-6));
    }
}
