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
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/** Reports to print. */
public final class Reports {
    private static final Instant FROM = Instant.parse("2026-03-01T12:00:00Z");
    private static final RateView NONE = new RateView(0, 0, 0, 0, 1);

    private Reports() {}

    /** One in which node gpu1 fails, with a model of this name. */
    public static ReportView of(String model) {
        RateView bad = new RateView(133, 400, 0.333, 0.288, 0.380);
        RateView rest = new RateView(54, 1200, 0.045, 0.0347, 0.0583);
        List<SliceView> slices = new ArrayList<>();
        for (int i = 0; i < 48; i++) {
            slices.add(new SliceView(FROM.plusSeconds(1800L * i), i, i % 7, i % 3));
        }
        return new ReportView(
                FROM,
                FROM.plusSeconds(86_400),
                Optional.empty(),
                Optional.empty(),
                counts(1600, 187),
                new RequestersView(
                        Map.of("delivered", 1413L, "faulted", 20L),
                        new LinkedHashMap<>(Map.of("drover:job.poison", 20L)),
                        new PhaseView(1413, 12.1, 104),
                        18_720,
                        3_960,
                        List.of(
                                new TenantView("shop", 33, new PhaseView(13, 60.4, 104), 11_880, 3_600),
                                new TenantView("default", 1400, new PhaseView(1400, 4.56, 9), 6_840, 360))),
                List.of(group("gpu1", 400, 133), group("gpu0", 1200, 54)),
                List.of(group(model, 1600, 187)),
                List.of(
                        new ClusterView("node", "gpu1", bad, rest, 120, 0.711, 0.25, 2.84, "clear"),
                        new ClusterView(
                                "configuration",
                                model + ", 1 MP, 21 to 30 steps, k_euler, guided + negative prompt",
                                new RateView(7, 9, 0.78, 0.45, 0.94),
                                rest,
                                6,
                                0.037,
                                0.0056,
                                6.7,
                                "too_few")),
                slices,
                List.of());
    }

    /** One of a time in which nothing happened. */
    public static ReportView empty() {
        return new ReportView(
                FROM,
                FROM.plusSeconds(60),
                Optional.empty(),
                Optional.empty(),
                new CountsView(0, 0, NONE, NONE, NONE, NONE, NONE, NONE, 0, 0, 0, 0, 0, 0),
                new RequestersView(Map.of(), new LinkedHashMap<>(), new PhaseView(0, 0, 0), 0, 0, List.of()),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of());
    }

    private static CountsView counts(long attempts, long failures) {
        RateView failed = new RateView(failures, attempts, (double) failures / attempts, 0.01, 0.5);
        RateView ok = new RateView(attempts - failures, attempts, 1 - failed.rate(), 0.5, 0.99);
        RateView none = new RateView(0, attempts, 0, 0, 0.01);
        return new CountsView(attempts, attempts, ok, failed, none, none, failed, none, 3, 1, 1, 1, 12_345, 23_456);
    }

    private static GroupView group(String name, long attempts, long failures) {
        SequencedMap<String, PhaseView> phases = new LinkedHashMap<>();
        for (String phase : Phases.ORDER) {
            phases.put(phase, new PhaseView(attempts, 1.234, 10_345.6));
        }
        return new GroupView(name, counts(attempts, failures), phases);
    }
}
