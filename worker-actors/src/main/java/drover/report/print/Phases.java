package drover.report.print;

import java.util.List;
import java.util.Locale;

/** The phases of an attempt, as {@link drover.client.ReportView.GroupView#phases} names them. */
public final class Phases {
    /** In the order in which an attempt goes through them. */
    public static final List<String> ORDER = List.of(
            "queued",
            "assigned",
            "download",
            "load",
            "encode",
            "step",
            "decode",
            "post_process",
            "check",
            "upload",
            "deliver");

    private Phases() {}

    /** For a heading. */
    static String title(String phase) {
        return switch (phase) {
            case "queued" -> "Queued";
            case "assigned" -> "Assigned";
            case "download" -> "Download";
            case "load" -> "Load";
            case "encode" -> "Encode";
            case "step" -> "One step";
            case "decode" -> "Decode";
            case "post_process" -> "Post-process";
            case "check" -> "Check";
            case "upload" -> "Upload";
            case "deliver" -> "Deliver";
            default -> phase;
        };
    }

    /** For a narrow column of text. */
    public static String column(String phase) {
        return switch (phase) {
            case "assigned" -> "ASSIGN";
            case "download" -> "FETCH";
            case "post_process" -> "POST";
            default -> phase.toUpperCase(Locale.ROOT);
        };
    }
}
