package drover.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/**
 * What a line is about: what holds for the whole process, what the MDC says, and the key-value pairs of the line itself
 * that are called like one of {@link LogKeys}; the more particular counts. Actors use the pairs, because the MDC belongs
 * to a thread and they share theirs.
 *
 * @param process holds for every line of this process
 */
record LogFields(Map<String, String> process) {
    LogFields {
        process = Map.copyOf(process);
    }

    Map<String, String> of(ILoggingEvent event) {
        Map<String, String> all = new TreeMap<>(process);
        all.putAll(event.getMDCPropertyMap());
        @Nullable List<KeyValuePair> pairs = event.getKeyValuePairs();
        if (pairs != null) {
            for (KeyValuePair pair : pairs) {
                if (LogKeys.ALL.contains(pair.key)) {
                    all.put(pair.key, String.valueOf(pair.value));
                }
            }
        }
        return all;
    }
}
