package drover.logging;

import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.slf4j.LoggerFactory;

/**
 * Before each test class: what Drover logs can be heard. A command that an earlier class ran in this process may have asked
 * for silence, and tests wait for lines of the log. Registered as a service.
 */
public final class AudibleLogs implements BeforeAllCallback {
    @Override
    public void beforeAll(ExtensionContext context) {
        if (!LoggerFactory.getLogger(LoggingSettings.DROVER).isInfoEnabled()) {
            Logging.setLevel(LoggingSettings.DROVER, "INFO");
        }
    }
}
