package drover.cli;

import static org.assertj.core.api.Assertions.assertThat;

import drover.client.ReportView;
import drover.report.print.Reports;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReportTextTest {
    private static String text(ReportView report) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ReportText.print(report, new PrintStream(out, true, StandardCharsets.UTF_8));
        return out.toString(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sdxl",
                "a model whose name somebody has made so long that it alone would fill a line of the terminal, and more",
                "AModelWhoseNameHasNoSpacesAtAllAndWhichSomebodyHasMadeSoLongThatItAloneWouldFillALineOfTheTerminalToo"
            })
    void noLineIsWiderThanATerminal(String model) {
        assertThat(text(Reports.of(model)).lines())
                .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(ReportText.WIDTH));
    }

    @Test
    void itSaysWhoFailsWithWhatAndHowSureThatIs() {
        String text = text(Reports.of("sdxl"));

        assertThat(text.replaceAll("\\s+", " "))
                .contains("Node gpu1 causes 71 % of the failures (133 of 187, of 120 jobs) with 25 % of the attempts:"
                        + " 33.3 % of them fail (95 % interval 28.8 to 38.0), elsewhere 4.5 %.")
                .contains("p50 12.1 s, p95 104 s, in all 5.2 h, of which 66.0 min (21 %) went into attempts without a"
                        + " result.")
                .contains("Given up: drover:job.poison 20.")
                .contains("TENANT JOBS DELIVERED P50 P95 IN ALL LOST shop 33 13 60.4 104 3.3 h 60.0 min default 1,400"
                        + " 1,400 4.56 9.00 114 min 6.0 min")
                .contains("7 of 9 78.0 % 45.0 to 94.0 4.5 % 6.7 too few configuration sdxl, 1 MP,");
        assertThat(text.lines().filter(line -> line.startsWith("gpu1")).toList())
                .hasSize(2)
                .element(0)
                .asString()
                .startsWith("gpu1  400       66.")
                .endsWith("3.4 h      6.5 h");
    }

    @Test
    void aNameGivesTheTerminalNoOrders() {
        assertThat(text(Reports.of("\u001b]0;owned\u0007\u001b[2J\r\nroot#\u202E")))
                .doesNotContain("\u001b", "\u0007", "\r", "\u202E")
                .contains("?]0;owned??[2J??root#?");
    }

    @Test
    void nothingToReportIsASentence() {
        assertThat(text(Reports.empty()).lines().toList())
                .isEqualTo(List.of(
                        "2026-03-01T12:00:00Z to 2026-03-01T12:01:00Z",
                        "0 attempts of 0 jobs ended: 0 succeeded, 0 failed, 0 were interrupted.",
                        "",
                        "No attempt ended in this time."));
    }
}
