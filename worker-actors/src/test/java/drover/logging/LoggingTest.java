package drover.logging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

@Isolated("There is one log in a process.")
final class LoggingTest {
    private static final Logger log = LoggerFactory.getLogger("drover.test");

    @TempDir
    Path dir;

    @AfterEach
    void asBefore() {
        MDC.clear();
        Logging.consoleOnly("WARN");
    }

    @Test
    void linesSayWhatJobTheyAreAbout() throws IOException {
        Logging.start(settings(false), "drover", Logging.Console.NONE);

        MDC.put(LogKeys.JOB, "j1");
        MDC.put(LogKeys.NODE, "gpu0");
        log.info("hello");
        log.debug("not this");

        assertThat(Files.readAllLines(dir.resolve("drover.log")))
                .singleElement()
                .asString()
                .contains("INFO")
                .endsWith("drover.test hello {node=gpu0 job=j1}");
    }

    @Test
    void jsonIsOneObjectPerLine() throws IOException {
        Logging.start(settings(true), "drover", Logging.Console.NONE);

        MDC.put(LogKeys.JOB, "j1");
        log.warn("two\nlines", new IllegalStateException("boom"));

        String line = Files.readAllLines(dir.resolve("drover.log")).getFirst();
        JsonNode json = JsonMapper.builder().build().readTree(line);
        assertThat(json.path("formattedMessage").asText()).isEqualTo("two\nlines");
        assertThat(json.path("mdc").path("job").asText()).isEqualTo("j1");
        assertThat(json.path("level").asText()).isEqualTo("WARN");
        assertThat(json.path("throwable").path("message").asText()).isEqualTo("boom");
    }

    @Test
    void levelsChangeWhileItRuns() throws IOException {
        Logging.start(settings(false), "drover", Logging.Console.NONE);

        Logging.setLevel("drover.test", "debug");
        log.debug("now this");

        assertThat(Files.readString(dir.resolve("drover.log"))).contains("now this");
        assertThat(Logging.levels()).containsEntry("drover.test", "DEBUG").containsEntry("drover", "INFO");
        assertThatThrownBy(() -> Logging.setLevel("drover", "loud"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ERROR, WARN, INFO");
    }

    private LoggingSettings settings(boolean json) {
        return new LoggingSettings(dir, json, "INFO", 1 << 20, 1, 1 << 20);
    }
}
