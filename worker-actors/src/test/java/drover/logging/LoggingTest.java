package drover.logging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
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
        Logging.start(settings(false), "drover", Logging.Console.NONE, Map.of());

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
        Logging.start(settings(true), "drover", Logging.Console.NONE, Map.of());

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
        Logging.start(settings(false), "drover", Logging.Console.NONE, Map.of());

        Logging.setLevel("drover.test", "debug");
        log.debug("now this");

        assertThat(Files.readString(dir.resolve("drover.log"))).contains("now this");
        assertThat(Logging.levels()).containsEntry("drover.test", "DEBUG").containsEntry("drover", "INFO");
        assertThatThrownBy(() -> Logging.setLevel("drover", "loud"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ERROR, WARN, INFO");
    }

    @Test
    void aLineKnowsItsProcessAndItsOwnFields() throws IOException {
        for (boolean json : new boolean[] {false, true}) {
            Logging.start(settings(json), "json-" + json, Logging.Console.NONE, Map.of(LogKeys.NODE, "gpu3"));
            MDC.put(LogKeys.ATTEMPT, "2");
            log.atInfo().addKeyValue(LogKeys.JOB, "j7").addKeyValue("other", 1).log("hello");
        }

        assertThat(Files.readString(dir.resolve("json-false.log")))
                .endsWith("hello {node=gpu3 job=j7 attempt=2}" + System.lineSeparator());
        JsonNode mdc = JsonMapper.builder()
                .build()
                .readTree(Files.readString(dir.resolve("json-true.log")))
                .path("mdc");
        assertThat(mdc.path("node").asText()).isEqualTo("gpu3");
        assertThat(mdc.path("job").asText()).isEqualTo("j7");
        assertThat(mdc.path("attempt").asText()).isEqualTo("2");
    }

    @Test
    void aNameThatSomebodyLogsToIsNotTaken() throws IOException {
        LogFileName other = LogFileName.claim(dir, "node-gpu0");
        Logging.start(settings(false), "node-gpu0", Logging.Console.NONE, Map.of());
        log.info("first");
        other.stop();
        Logging.start(settings(false), "node-gpu0", Logging.Console.NONE, Map.of());
        log.info("second");

        assertThat(dir.resolve("node-gpu0-2.log")).content().contains("first").doesNotContain("second");
        assertThat(dir.resolve("node-gpu0.log")).content().contains("second").doesNotContain("first");
    }

    @Test
    void withoutAFileTheConsoleGetsEverything() throws IOException {
        Path file = Files.createFile(dir.resolve("a file"));
        PrintStream before = System.err;
        ByteArrayOutputStream console = new ByteArrayOutputStream();
        System.setErr(new PrintStream(console, true, StandardCharsets.UTF_8));
        try {
            LoggingSettings nowhere = new LoggingSettings(file, false, Map.of(), 1 << 20, 1, 1 << 20);
            Logging.start(nowhere, "drover", Logging.Console.NONE, Map.of());
            log.info("hello");
        } finally {
            System.setErr(before);
        }

        assertThat(console.toString(StandardCharsets.UTF_8))
                .contains("drover.logging.dir")
                .contains("hello");
    }

    private LoggingSettings settings(boolean json) {
        return new LoggingSettings(dir, json, Map.of(LoggingSettings.DROVER, "INFO"), 1 << 20, 1, 1 << 20);
    }
}
