package drover.source.appetite;

import drover.source.models.Baseline;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * A model that may be offered, and what is known of it.
 *
 * @param name as it is offered
 * @param baseline its family
 * @param pending jobs in hand that need it
 * @param resident whether it is in some node's memory
 * @param onIdleSlot whether it is in the memory of an actor that has nothing to do
 * @param speed pixel-steps per second where it runs slowest, as measured; empty if it has not run
 * @param load how long it takes to load, as measured
 * @param bytes memory that it needs, if known
 */
public record Offered(
        String name,
        Baseline baseline,
        int pending,
        boolean resident,
        boolean onIdleSlot,
        OptionalDouble speed,
        Optional<Duration> load,
        OptionalLong bytes) {}
