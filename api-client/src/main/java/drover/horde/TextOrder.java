package drover.horde;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Optional;

/**
 * Orders texts.
 *
 * @param prompt to go on from
 * @param params how
 * @param models any of these; any at all if there are none
 * @param trustedWorkers only from workers of trusted owners
 * @param slowWorkers from slow workers as well
 * @param validatedBackends only from software that the Horde knows
 * @param softprompt which to use
 * @param workers only these, or, with {@code workerBlacklist}, not these
 * @param workerBlacklist whether {@code workers} are not to do it
 * @param dryRun says what it would cost, and does nothing
 * @param disableBatching each text by itself
 * @param allowDowngrade fewer tokens, if the kudos do not reach
 */
public record TextOrder(
        String prompt,
        TextPayload params,
        List<String> models,
        boolean trustedWorkers,
        boolean slowWorkers,
        Optional<Boolean> validatedBackends,
        Optional<String> softprompt,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> workers,
        Optional<Boolean> workerBlacklist,
        Optional<Boolean> dryRun,
        Optional<Boolean> disableBatching,
        Optional<Boolean> allowDowngrade) {
    public TextOrder {
        models = Lists.copy(models);
        workers = Lists.copy(workers);
    }
}
