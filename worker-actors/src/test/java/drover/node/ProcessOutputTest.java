package drover.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import drover.logging.LogKeys;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class ProcessOutputTest {
    private final Logger logger = (Logger) LoggerFactory.getLogger(ProcessOutput.class);
    private final List<ILoggingEvent> lines = new CopyOnWriteArrayList<>();
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            lines.add(event);
        }
    };

    @BeforeEach
    void listen() {
        appender.setContext(logger.getLoggerContext());
        appender.start();
        logger.addAppender(appender);
    }

    @AfterEach
    void listenNoMore() {
        logger.detachAppender(appender);
    }

    @Test
    void whatAProcessPrintsIsInTheLogToItsLastWord() {
        Bootstrap bootstrap = BootstrapTest.bootstraps().getFirst();
        String text = "one\r\n\n" + "x".repeat(ProcessOutput.MAX_LINE_BYTES + 10) + "\nthe last word, cut o";

        ProcessOutput.relay(bootstrap, new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));

        await().atMost(Duration.ofSeconds(10)).until(() -> lines.size() == 4);
        assertThat(lines)
                .extracting(ILoggingEvent::getFormattedMessage)
                .containsExactly(
                        "gpu1.7 printed: one",
                        "gpu1.7 printed: " + "x".repeat(ProcessOutput.MAX_LINE_BYTES),
                        "gpu1.7 printed: xxxxxxxxxx",
                        "gpu1.7 printed: the last word, cut o");
        assertThat(lines)
                .allSatisfy(line -> assertThat(line.getKeyValuePairs())
                        .singleElement()
                        .satisfies(pair -> {
                            assertThat(pair.key).isEqualTo(LogKeys.NODE);
                            assertThat(pair.value).isEqualTo("gpu1");
                        }));
    }
}
