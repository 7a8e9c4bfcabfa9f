package drover.logging;

import ch.qos.logback.classic.pattern.ClassicConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import java.util.Map;

/** Writes {@code  {node=gpu0 job=… attempt=2}} at the end of a line, or nothing if none of these is known. */
final class FieldsConverter extends ClassicConverter {
    private final LogFields fields;

    FieldsConverter(LogFields fields) {
        this.fields = fields;
    }

    @Override
    public String convert(ILoggingEvent event) {
        Map<String, String> known = fields.of(event);
        StringBuilder text = new StringBuilder();
        for (String key : LogKeys.ALL) {
            String value = known.get(key);
            if (value != null) {
                text.append(text.isEmpty() ? " {" : " ").append(key).append('=').append(value);
            }
        }
        return text.isEmpty() ? "" : text.append('}').toString();
    }
}
