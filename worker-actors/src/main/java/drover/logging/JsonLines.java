package drover.logging;

import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;

/** One JSON object per line, with the same fields in its {@code mdc} as a readable line has at its end. */
final class JsonLines extends JsonEncoder {
    private final LogFields fields;

    JsonLines(LogFields fields) {
        this.fields = fields;
        setWithFormattedMessage(true);
        setWithMessage(false);
        setWithArguments(false);
        setWithContext(false);
        setWithSequenceNumber(false);
        setWithNanoseconds(false);
    }

    @Override
    protected void appendMDC(StringBuilder json, ILoggingEvent event) {
        json.append(',');
        appendMap(json, MDC_ATTR_NAME, fields.of(event));
    }
}
