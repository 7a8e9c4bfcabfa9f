package drover.board;

import drover.inference.CborSerializable;
import java.time.Instant;
import java.util.Optional;

/**
 * A model that is not offered.
 *
 * @param model its name
 * @param reason in words that follow the model's name: {@code stalled 2 GPUs …}
 * @param since when it was withdrawn
 * @param until when it is offered again by itself; empty: when an operator releases it
 */
public record WithdrawnModel(String model, String reason, Instant since, Optional<Instant> until)
        implements CborSerializable {}
