package drover.node;

import drover.logging.LogKeys;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a node's process prints. Its log goes to a file that it writes itself, so this is what cannot go there: the last
 * words of its JVM, a native library's complaints, a start that fails before there is a log. Every line is put into the
 * control process's log, which outlives the process and is rolled over.
 */
final class ProcessOutput {
    /** A longer line is cut into several. */
    static final int MAX_LINE_BYTES = 8 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(ProcessOutput.class);

    private ProcessOutput() {}

    /** Reads until the process has ended, on a thread of its own. */
    static void relay(Bootstrap bootstrap, InputStream output) {
        String process = bootstrap.node() + "." + bootstrap.launch();
        Thread.ofPlatform().daemon().name("output-" + process).start(() -> relay(bootstrap.node(), process, output));
    }

    private static void relay(String node, String process, InputStream output) {
        try (output) {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            byte[] read = new byte[MAX_LINE_BYTES];
            for (int n = output.read(read); n >= 0; n = output.read(read)) {
                for (int i = 0; i < n; i++) {
                    if (read[i] != '\n') {
                        line.write(read[i]);
                    }
                    if (read[i] == '\n' || line.size() == MAX_LINE_BYTES) {
                        log(node, process, line);
                    }
                }
            }
            log(node, process, line);
        } catch (IOException e) {
            LOG.debug("the output of {} can be read no more", process, e);
        }
    }

    private static void log(String node, String process, ByteArrayOutputStream line) {
        String text = line.toString(StandardCharsets.UTF_8).stripTrailing();
        line.reset();
        if (!text.isEmpty()) {
            LOG.atWarn().addKeyValue(LogKeys.NODE, node).log("{} printed: {}", process, text);
        }
    }
}
