package drover.cli;

import drover.client.ReportView;
import drover.client.ReportView.ClusterView;
import drover.client.ReportView.CountsView;
import drover.client.ReportView.GroupView;
import drover.client.ReportView.PhaseView;
import drover.client.ReportView.RateView;
import drover.client.ReportView.RequestersView;
import drover.client.ReportView.TenantView;
import drover.report.print.Findings;
import drover.report.print.Numbers;
import drover.report.print.Phases;
import java.io.PrintStream;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/** A report as text, no line longer than {@value #WIDTH} columns. */
final class ReportText {
    static final int WIDTH = 100;
    private static final int MOST_CLUSTERS = 12;
    /** Of the last column, beside which the widest figures have room. */
    private static final int WITH = 30;

    private final ReportView report;
    private final PrintStream out;

    private ReportText(ReportView report, PrintStream out) {
        this.report = report;
        this.out = out;
    }

    static void print(ReportView report, PrintStream out) {
        new ReportText(report, out).print();
    }

    private void print() {
        CountsView total = report.total();
        say(report.from().truncatedTo(ChronoUnit.SECONDS) + " to "
                + report.to().truncatedTo(ChronoUnit.SECONDS)
                + report.node().map(it -> ", node " + it).orElse("")
                + report.model().map(it -> ", model " + it).orElse(""));
        say(Numbers.count(total.attempts()) + " attempts of " + Numbers.count(total.jobs()) + " jobs ended: "
                + Numbers.count(total.success().count()) + " succeeded, " + Numbers.count(total.failures())
                + " failed, " + Numbers.count(total.interrupted()) + " were interrupted.");
        report.notes().forEach(note -> say("Note: " + note + "."));
        out.println();
        Findings.of(report).forEach(this::say);
        requesters();
        groups("NODE", report.nodes());
        phases("NODE", report.nodes());
        groups("MODEL", report.models());
        phases("MODEL", report.models());
        clusters();
    }

    private void requesters() {
        RequestersView it = report.requesters();
        PhaseView waited = it.submittedToDelivered();
        if (it.ended().isEmpty()) {
            return;
        }
        List<String> ends = new ArrayList<>();
        new TreeMap<>(it.ended()).forEach((state, jobs) -> ends.add(Numbers.count(jobs) + " " + state));
        say("Jobs: " + String.join(", ", ends) + ".");
        if (waited.count() > 0) {
            say("From submitted to delivered: p50 " + Numbers.seconds(waited.p50()) + " s, p95 "
                    + Numbers.seconds(waited.p95()) + " s, in all " + Numbers.time(it.waitedSeconds()) + ", of which "
                    + Numbers.time(it.lostSeconds()) + " ("
                    + Numbers.percent(it.waitedSeconds() > 0 ? it.lostSeconds() / it.waitedSeconds() : 0)
                    + ") went into attempts without a result.");
        }
        if (!it.faults().isEmpty()) {
            List<String> faults = new ArrayList<>();
            for (Map.Entry<String, Long> fault : it.faults().entrySet()) {
                faults.add(fault.getKey() + " " + Numbers.count(fault.getValue()));
            }
            say("Given up: " + String.join(", ", faults) + ".");
        }
        if (it.tenants().size() > 1) {
            tenants(it.tenants());
        }
    }

    private void tenants(List<TenantView> tenants) {
        TextTable table = new TextTable("TENANT", "JOBS", "DELIVERED", "P50", "P95", "IN ALL", "LOST");
        for (TenantView it : tenants) {
            PhaseView waited = it.submittedToDelivered();
            boolean any = waited.count() > 0;
            table.add(List.of(
                    plain(it.name()),
                    Numbers.count(it.ended()),
                    Numbers.count(waited.count()),
                    any ? Numbers.seconds(waited.p50()) : "-",
                    any ? Numbers.seconds(waited.p95()) : "-",
                    Numbers.time(it.waitedSeconds()),
                    Numbers.time(it.lostSeconds())));
        }
        out.println();
        table.print(out, WIDTH);
    }

    private void groups(String title, List<GroupView> groups) {
        if (groups.isEmpty()) {
            return;
        }
        List<String> header = new ArrayList<>(List.of(title, "ATTEMPTS", "OK", "STALLED", "CRASHED", "ERRORS"));
        boolean lost = any(groups, counts -> counts.resultsLost().count());
        boolean slow = any(groups, counts -> counts.tooSlow().count());
        if (lost) {
            header.add("GONE");
        }
        if (slow) {
            header.add("SLOW");
        }
        header.addAll(List.of("INTERR.", "IN STALLS", "LOST"));
        TextTable table = new TextTable(header.toArray(String[]::new));
        for (GroupView group : groups) {
            CountsView counts = group.counts();
            List<String> row = new ArrayList<>(List.of(
                    plain(group.name()),
                    Numbers.count(counts.attempts()),
                    rate(counts.success()),
                    rate(counts.stalled()),
                    rate(counts.crashed()),
                    rate(counts.errors())));
            if (lost) {
                row.add(rate(counts.resultsLost()));
            }
            if (slow) {
                row.add(rate(counts.tooSlow()));
            }
            row.addAll(List.of(
                    Numbers.count(counts.interrupted()),
                    Numbers.time(counts.stallSeconds()),
                    Numbers.time(counts.lostSeconds())));
            table.add(row);
        }
        out.println();
        table.print(out, WIDTH);
    }

    private static boolean any(List<GroupView> groups, ToDoubleFunction<CountsView> figure) {
        return groups.stream().anyMatch(group -> figure.applyAsDouble(group.counts()) > 0);
    }

    private void phases(String title, List<GroupView> groups) {
        List<String> phases = Phases.ORDER.stream()
                .filter(phase -> groups.stream().anyMatch(it -> it.phases().containsKey(phase)))
                .toList();
        if (phases.isEmpty()) {
            return;
        }
        List<String> header = new ArrayList<>(List.of(title, "SEC"));
        phases.forEach(phase -> header.add(Phases.column(phase)));
        TextTable table = new TextTable(header.toArray(String[]::new));
        for (GroupView group : groups) {
            table.add(row(plain(group.name()), "p50", group, phases, PhaseView::p50));
            table.add(row("", "p95", group, phases, PhaseView::p95));
        }
        out.println();
        table.print(out, WIDTH);
    }

    private static List<String> row(
            String name, String quantile, GroupView group, List<String> phases, ToDoubleFunction<PhaseView> figure) {
        List<String> row = new ArrayList<>(List.of(name, quantile));
        for (String phase : phases) {
            PhaseView times = group.phases().get(phase);
            row.add(times == null ? "-" : Numbers.seconds(figure.applyAsDouble(times)));
        }
        return row;
    }

    private void clusters() {
        List<ClusterView> clusters = report.clusters().stream()
                .filter(it -> !it.verdict().equals("not_more"))
                .limit(MOST_CLUSTERS)
                .toList();
        if (clusters.isEmpty()) {
            return;
        }
        TextTable table = new TextTable("FAILED", "RATE", "95 %", "ELSEWHERE", "TIMES", "IS IT?", "WITH");
        for (ClusterView it : clusters) {
            List<String> what = wrapped(plain(it.dimension() + " " + it.value()), WITH);
            table.add(List.of(
                    Numbers.count(it.failures().count()) + " of "
                            + Numbers.count(it.failures().of()),
                    rate(it.failures()),
                    Numbers.plain(it.failures().low()) + " to "
                            + Numbers.plain(it.failures().high()),
                    rate(it.elsewhere()),
                    Numbers.times(it.overRepresented()),
                    Findings.verdict(it),
                    what.getFirst()));
            what.stream().skip(1).forEach(rest -> table.add(List.of("", "", "", "", "", "", rest)));
        }
        out.println();
        table.print(out, WIDTH);
        say("TIMES is the share of all failures by the share of all attempts; 1 is what chance gives. The 95 % interval"
                + " is Wilson's. \"clear\": it does not overlap with that of all other attempts; \"too few\": fewer than 20"
                + " attempts, or failures of fewer than 5 jobs. One attempt is in several rows.");
    }

    private static String rate(RateView rate) {
        return rate.of() == 0 ? "-" : Numbers.rate(rate.rate());
    }

    private void say(String text) {
        wrapped(plain(text), WIDTH).forEach(out::println);
    }

    /** Names are others' text; on a terminal, control characters are commands. */
    private static String plain(String text) {
        return text.replaceAll("[\\p{Cntrl}\\x{80}-\\x{9F}\\x{202A}-\\x{202E}\\x{2066}-\\x{2069}]", "?");
    }

    /** Lines of at most so many characters, broken between words where there are any. */
    static List<String> wrapped(String text, int width) {
        List<String> lines = new ArrayList<>();
        String rest = text;
        while (rest.length() > width) {
            int space = rest.lastIndexOf(' ', width);
            int end = space > 0 ? space : width;
            lines.add(rest.substring(0, end));
            rest = rest.substring(end).stripLeading();
        }
        lines.add(rest);
        return lines;
    }
}
