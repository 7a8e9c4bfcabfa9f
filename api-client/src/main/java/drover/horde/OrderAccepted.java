package drover.horde;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Optional;

/**
 * An order that the server has taken.
 *
 * @param id to ask for it; absent where only the cost was asked for
 * @param kudos what it costs at most
 * @param message a warning in words
 * @param warnings each by itself
 */
public record OrderAccepted(
        Optional<String> id,
        Optional<Double> kudos,
        Optional<String> message,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Warning> warnings) {
    public OrderAccepted {
        warnings = Lists.copy(warnings);
    }

    /**
     * Why it may not be as hoped.
     *
     * @param code such as {@code NoAvailableWorker}
     * @param message in words
     */
    public record Warning(String code, String message) {}
}
