package drover.watchdog;

import drover.inference.AttemptId;
import drover.inference.CborSerializable;
import java.time.Instant;

/**
 * An attempt that brought its process down or to a standstill. Other attempts that were lost with the same process are
 * not struck: they did nothing wrong.
 *
 * @param attempt the attempt
 * @param model the model it ran
 * @param gpu where, the same text for the same GPU across restarts of its process
 * @param at when
 */
public record Strike(AttemptId attempt, String model, String gpu, Instant at) implements CborSerializable {}
