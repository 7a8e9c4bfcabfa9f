package drover.watchdog;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ReportsTest {
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final Logger log = new LoggerContext().getLogger("test");

    ReportsTest() {
        lines.start();
        log.addAppender(lines);
    }

    @Test
    void aVerdictIsOneLineForPeopleAndForMachines() {
        Reports.log(log, new Verdict.Cancel(IncidentTest.STALL));
        assertThat(lines.list).singleElement().satisfies(line -> {
            assertThat(line.getLevel()).isEqualTo(Level.WARN);
            assertThat(line.getFormattedMessage())
                    .isEqualTo("CANCEL: j1#1 (emoji) stands at DENOISING 5/20 (25 %), last advance 15.003s ago, last "
                            + "heartbeat 0.400s ago, 37 idle reports; allowed: 15s (configured "
                            + "inference_step_timeout=15s)");
            assertThat(pairs(line))
                    .containsEntry("event", "stall")
                    .containsEntry("rung", "CANCEL")
                    .containsEntry("job", "j1")
                    .containsEntry("attempt", "1")
                    .containsEntry("model", "emoji")
                    .containsEntry("phase", "DENOISING")
                    .containsEntry("percent", "25")
                    .containsEntry("sinceAdvance", "15.003")
                    .containsEntry("sinceHeartbeat", "0.4")
                    .containsEntry("limit", "15.0")
                    .containsEntry("origin", "configured inference_step_timeout=15s");
        });
    }

    @Test
    void soIsASilentNode() {
        Reports.log(log, new NodeSilent("gpu0", Duration.ofMillis(30_250), Duration.ofSeconds(30), IncidentTest.AT));
        assertThat(lines.list).singleElement().satisfies(line -> {
            assertThat(line.getFormattedMessage())
                    .isEqualTo("node gpu0 has said nothing for 30.250s (node_silence_timeout=30s)");
            assertThat(pairs(line)).containsEntry("node", "gpu0").containsEntry("silence", "30.25");
        });
    }

    private static Map<String, String> pairs(ILoggingEvent line) {
        return line.getKeyValuePairs().stream()
                .collect(Collectors.toMap(pair -> pair.key, pair -> String.valueOf(pair.value)));
    }
}
