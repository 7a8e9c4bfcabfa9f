package drover.report.print;

import drover.client.ReportView;
import drover.client.ReportView.ClusterView;
import java.util.ArrayList;
import java.util.List;

/** What stands out in a report, in sentences. */
public final class Findings {
    private static final int MOST = 6;

    private Findings() {}

    /** The sentences, what matters most first; at least one. */
    public static List<String> of(ReportView report) {
        long failures = report.total().failures();
        if (report.total().attempts() == 0) {
            return List.of("No attempt ended in this time"
                    + report.node().map(it -> " on node " + it).orElse("")
                    + report.model().map(it -> " with model " + it).orElse("") + ".");
        }
        if (failures == 0) {
            return List.of("Nothing failed.");
        }
        List<String> sentences = new ArrayList<>();
        report.clusters().stream()
                .filter(cluster -> cluster.verdict().equals("clear"))
                .limit(MOST)
                .forEach(cluster -> sentences.add(sentence(cluster, failures)));
        long clear = report.clusters().stream()
                .filter(cluster -> cluster.verdict().equals("clear"))
                .count();
        if (clear == 0) {
            sentences.add("No node, model or configuration fails clearly more often than the others"
                    + (worse(report) == 0
                            ? "."
                            : "; " + worse(report) + " may, but there is too little of them to tell."));
        } else if (clear > MOST) {
            sentences.add((clear - MOST) + " more stand out clearly; they are in the table.");
        }
        return sentences;
    }

    private static long worse(ReportView report) {
        return report.clusters().stream()
                .filter(cluster ->
                        cluster.verdict().equals("unsure") || cluster.verdict().equals("too_few"))
                .count();
    }

    private static String sentence(ClusterView it, long failures) {
        String what = it.dimension() + " " + it.value();
        String share = Numbers.percent(it.shareOfFailures()) + " of the failures ("
                + Numbers.count(it.failures().count()) + " of " + Numbers.count(failures) + ", of "
                + Numbers.count(it.failedJobs()) + " jobs)";
        String begin = it.dimension().equals("node")
                ? "Node " + it.value() + " causes " + share + " with "
                : share + " are with " + what + ", which has ";
        return begin + Numbers.percent(it.shareOfAttempts()) + " of the attempts: "
                + Numbers.rate(it.failures().rate()) + " of them fail (95 % interval "
                + Numbers.plain(it.failures().low()) + " to "
                + Numbers.plain(it.failures().high()) + "), elsewhere "
                + Numbers.rate(it.elsewhere().rate()) + ".";
    }

    /** A verdict in words. */
    public static String verdict(ClusterView cluster) {
        return switch (cluster.verdict()) {
            case "clear" -> "clear";
            case "unsure" -> "unsure";
            case "too_few" -> "too few";
            default -> "no more";
        };
    }
}
