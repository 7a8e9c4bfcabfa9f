package drover.report.print;

import drover.client.ReportView;
import drover.client.ReportView.ClusterView;
import drover.client.ReportView.CountsView;
import drover.client.ReportView.GroupView;
import drover.client.ReportView.PhaseView;
import drover.client.ReportView.RateView;
import drover.client.ReportView.RequestersView;
import drover.client.ReportView.SliceView;
import drover.client.ReportView.TenantView;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A report as a page of its own: it loads nothing, runs nothing, and has below each chart a table that says the same. */
public final class ReportPage {
    private static final String POLICY = "default-src 'none'; style-src 'unsafe-inline'";
    private static final List<String> COUNTS = List.of(
            "Attempts",
            "Jobs",
            "Succeeded",
            "Stalled",
            "Crashed",
            "Errors",
            "Result lost",
            "Too slow",
            "Interrupted",
            "Lost to stalls",
            "Lost in all");

    private final Markup page = new Markup();
    private final Charts charts = new Charts(page);
    private final ReportView report;

    private ReportPage(ReportView report) {
        this.report = report;
    }

    /** The whole page. */
    public static String of(ReportView report) {
        ReportPage it = new ReportPage(report);
        it.write();
        return it.page.page();
    }

    private static String style() {
        try (InputStream in = ReportPage.class.getResourceAsStream("report.css")) {
            if (in == null) {
                throw new IllegalStateException("report.css is not beside its class");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("report.css cannot be read", e);
        }
    }

    private void write() {
        String title = "Drover report, " + minute(report.from()) + " to " + minute(report.to()) + " UTC";
        page.doctype();
        page.element(
                "html",
                () -> {
                    page.element("head", () -> {
                        page.empty("meta", "charset", "utf-8");
                        page.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
                        page.empty("meta", "http-equiv", "Content-Security-Policy", "content", POLICY);
                        page.empty("meta", "name", "color-scheme", "content", "light dark");
                        page.text("title", title);
                        page.text("style", style());
                    });
                    page.element(
                            "body",
                            () -> page.element("main", () -> {
                                page.text("h1", title);
                                scope();
                                findings();
                                if (report.total().attempts() > 0) {
                                    clusters();
                                    timeline();
                                    groups("Nodes", "node", report.nodes());
                                    groups("Models", "model", report.models());
                                }
                                requesters();
                                reading();
                            }));
                },
                "lang",
                "en");
    }

    private void section(String title, Markup.Content content) {
        page.element("section", () -> {
            page.text("h2", title);
            content.write();
        });
    }

    private void scope() {
        CountsView total = report.total();
        String only = report.node().map(it -> " on node " + it).orElse("")
                + report.model().map(it -> " with model " + it).orElse("");
        page.text(
                "p",
                Numbers.count(total.attempts()) + " attempts" + only + " of " + Numbers.count(total.jobs())
                        + " jobs ended: " + Numbers.count(total.success().count()) + " succeeded, "
                        + Numbers.count(total.failures()) + " failed, " + Numbers.count(total.interrupted())
                        + " were interrupted. " + Numbers.time(total.stallSeconds()) + " were lost to stalls, "
                        + Numbers.time(total.lostSeconds()) + " in all to attempts without a result.");
        report.notes().forEach(note -> page.text("p", "Note: " + note + "."));
    }

    private void findings() {
        section(
                "What stands out",
                () -> page.element("ul", () -> Findings.of(report).forEach(sentence -> page.text("li", sentence))));
    }

    private void clusters() {
        List<ClusterView> clusters = report.clusters();
        if (clusters.isEmpty()) {
            return;
        }
        section("Where failures cluster", () -> {
            charts.rates(
                    "Share of attempts that failed, here and elsewhere",
                    clusters.stream()
                            .map(it ->
                                    new Charts.Rated(it.dimension() + " " + it.value(), it.failures(), it.elsewhere()))
                            .toList());
            List<List<String>> rows = new ArrayList<>();
            for (ClusterView it : clusters) {
                rows.add(List.of(
                        it.dimension() + " " + it.value(),
                        Numbers.count(it.failures().count()) + " of "
                                + Numbers.count(it.failures().of()),
                        Numbers.count(it.failedJobs()),
                        rate(it.failures()),
                        Numbers.rate(it.elsewhere().rate()),
                        Numbers.percent(it.shareOfFailures()),
                        Numbers.percent(it.shareOfAttempts()),
                        Numbers.times(it.overRepresented()) + "×",
                        Findings.verdict(it)));
            }
            table(
                    "Attempts with something in common, against all others",
                    List.of(
                            "What",
                            "Failed",
                            "Failed jobs",
                            "Rate (95 % interval)",
                            "Elsewhere",
                            "Of all failures",
                            "Of all attempts",
                            "Over-represented",
                            "Difference"),
                    rows);
        });
    }

    private void timeline() {
        section("Over time", () -> {
            charts.timeline("Attempts by the time at which they ended", report.timeline());
            List<List<String>> rows = new ArrayList<>();
            for (SliceView slice : report.timeline()) {
                rows.add(List.of(
                        minute(slice.from()),
                        Numbers.count(slice.succeeded()),
                        Numbers.count(slice.failed()),
                        Numbers.count(slice.interrupted())));
            }
            page.element("details", () -> {
                page.text("summary", "The same as a table");
                table("Attempts by slice", List.of("From (UTC)", "Succeeded", "Failed", "Interrupted"), rows);
            });
        });
    }

    private void groups(String title, String kind, List<GroupView> groups) {
        long failures = Math.max(1, report.total().failures());
        long attempts = Math.max(1, report.total().attempts());
        section(title, () -> {
            charts.shares(
                    "Share of all failures and of all attempts, by " + kind,
                    "of the failures",
                    "of the attempts",
                    groups.stream()
                            .map(it -> new Charts.Shares(
                                    it.name(),
                                    (double) it.counts().failures() / failures,
                                    (double) it.counts().attempts() / attempts))
                            .toList());
            List<List<String>> rows = new ArrayList<>();
            groups.forEach(group -> rows.add(counts(group)));
            List<String> header = new ArrayList<>(COUNTS);
            header.addFirst(kind.equals("node") ? "Node" : "Model");
            table("How attempts ended, by " + kind, header, rows);
            phases(kind, groups);
        });
    }

    private static List<String> counts(GroupView group) {
        CountsView it = group.counts();
        return List.of(
                group.name(),
                Numbers.count(it.attempts()),
                Numbers.count(it.jobs()),
                rate(it.success()),
                rate(it.stalled()),
                rate(it.crashed()),
                rate(it.errors()),
                rate(it.resultsLost()),
                rate(it.tooSlow()),
                Numbers.count(it.interrupted()),
                Numbers.time(it.stallSeconds()),
                Numbers.time(it.lostSeconds()));
    }

    private void phases(String kind, List<GroupView> groups) {
        Set<String> phases = new LinkedHashSet<>();
        Phases.ORDER.stream()
                .filter(phase -> groups.stream().anyMatch(it -> it.phases().containsKey(phase)))
                .forEach(phases::add);
        page.text("h3", "Seconds in each phase: half of the attempts, and 95 % of them, took no longer");
        page.element(
                "div",
                () -> phases.forEach(phase -> page.element("figure", () -> {
                    page.text("figcaption", Phases.title(phase));
                    charts.spans(
                            Phases.title(phase) + ", seconds, by " + kind,
                            groups.stream()
                                    .filter(it -> it.phases().containsKey(phase))
                                    .map(it -> span(it.name(), it.phases().get(phase)))
                                    .toList());
                })),
                "class",
                "grid");
        List<List<String>> rows = new ArrayList<>();
        for (GroupView group : groups) {
            List<String> row = new ArrayList<>(List.of(group.name()));
            for (String phase : phases) {
                PhaseView times = group.phases().get(phase);
                row.add(times == null ? "–" : Numbers.seconds(times.p50()) + " / " + Numbers.seconds(times.p95()));
            }
            rows.add(row);
        }
        List<String> header = new ArrayList<>(List.of(kind.equals("node") ? "Node" : "Model"));
        phases.forEach(phase -> header.add(Phases.title(phase)));
        table("Seconds in each phase, p50 / p95, by " + kind, header, rows);
    }

    private static Charts.Span span(String name, @Nullable PhaseView times) {
        return times == null ? new Charts.Span(name, 0, 0) : new Charts.Span(name, times.p50(), times.p95());
    }

    private void requesters() {
        RequestersView it = report.requesters();
        section("What requesters waited", () -> {
            PhaseView waited = it.submittedToDelivered();
            double share = it.waitedSeconds() > 0 ? it.lostSeconds() / it.waitedSeconds() : 0;
            page.text(
                    "p",
                    waited.count() == 0
                            ? "No job was delivered in this time."
                            : Numbers.count(waited.count())
                                    + " jobs were delivered. From submitted to delivered half took "
                                    + Numbers.seconds(waited.p50()) + " s at most, 95 % "
                                    + Numbers.seconds(waited.p95()) + " s, all together "
                                    + Numbers.time(it.waitedSeconds()) + ", of which "
                                    + Numbers.time(it.lostSeconds()) + " (" + Numbers.percent(share)
                                    + ") went into attempts without a result.");
            List<List<String>> rows = new ArrayList<>();
            new TreeMap<>(it.ended()).forEach((state, jobs) -> rows.add(List.of(state, Numbers.count(jobs))));
            table("How jobs ended", List.of("End", "Jobs"), rows);
            if (!it.faults().isEmpty()) {
                List<List<String>> faults = new ArrayList<>();
                for (Map.Entry<String, Long> fault : it.faults().entrySet()) {
                    faults.add(List.of(fault.getKey(), Numbers.count(fault.getValue())));
                }
                table("Why jobs were given up", List.of("Code", "Jobs"), faults);
            }
            if (it.tenants().size() > 1) {
                tenants(it.tenants());
            }
        });
    }

    private void tenants(List<TenantView> tenants) {
        List<List<String>> rows = new ArrayList<>();
        for (TenantView it : tenants) {
            PhaseView waited = it.submittedToDelivered();
            boolean any = waited.count() > 0;
            rows.add(List.of(
                    it.name(),
                    Numbers.count(it.ended()),
                    Numbers.count(waited.count()),
                    any ? Numbers.seconds(waited.p50()) : "–",
                    any ? Numbers.seconds(waited.p95()) : "–",
                    Numbers.time(it.waitedSeconds()),
                    Numbers.time(it.lostSeconds())));
        }
        table(
                "Who waited how long, from submitted to delivered",
                List.of(
                        "Tenant",
                        "Jobs ended",
                        "Delivered",
                        "p50, s",
                        "p95, s",
                        "In all",
                        "Lost to attempts without a result"),
                rows);
    }

    private void reading() {
        section("How to read this", () -> {
            page.text(
                    "p",
                    "An attempt failed if it stalled, crashed its process, ended with an error, lost its result or was too"
                            + " slow for its deadline. It was interrupted if it was handed back, its node was killed from"
                            + " outside, or its job ended over it; that speaks against nobody, and rates leave it out."
                            + " Behind each rate stands the interval in which the true one lies with 95 % confidence"
                            + " (Wilson): with few attempts it is wide.");
            page.text(
                    "p",
                    "A difference is called clear if the two intervals do not overlap, and unsure if there are more failures"
                            + " than elsewhere but chance may have done it. Too few: fewer than 20 attempts, or failures of"
                            + " fewer than 5 jobs. The same attempt is in several rows: a node that gets all the jobs for a"
                            + " bad model looks bad too.");
        });
    }

    private void table(String caption, List<String> header, List<List<String>> rows) {
        page.element(
                "div",
                () -> page.element("table", () -> {
                    page.text("caption", caption);
                    page.element(
                            "thead",
                            () -> page.element(
                                    "tr", () -> header.forEach(name -> page.text("th", name, "scope", "col"))));
                    page.element(
                            "tbody",
                            () -> rows.forEach(row -> page.element("tr", () -> {
                                page.text("th", row.getFirst(), "scope", "row");
                                row.stream().skip(1).forEach(cell -> page.text("td", cell));
                            })));
                }),
                "class",
                "wide",
                "tabindex",
                "0",
                "role",
                "region",
                "aria-label",
                caption);
    }

    private static String rate(RateView rate) {
        return rate.of() == 0
                ? "–"
                : Numbers.rate(rate.rate()) + " (" + Numbers.plain(rate.low()) + "–" + Numbers.plain(rate.high()) + ")";
    }

    private static String minute(Instant at) {
        return at.truncatedTo(ChronoUnit.MINUTES).toString().replace("T", " ").replaceFirst(":00Z$", "");
    }
}
