package drover.source.dreamer;

import drover.inference.CborSerializable;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * How one worker of the Horde is doing.
 *
 * @param worker its name
 * @param state {@code popping}, {@code waiting} or {@code ended}
 * @param why in words that follow the state, if there is anything to say
 * @param until when it looks again at the latest
 * @param models what it could offer now
 * @param missing what it was to offer but is not there
 * @param jobsInHand popped and not answered
 * @param picturesInHand pictures of those
 * @param pendingMegapixelSteps effective ones
 * @param popped jobs since the start
 * @param good pictures that the Horde took since the start
 * @param failed pictures that were faulted or came too late
 * @param failedOfTheHour the same within the hour that the server counts, which tolerates 20
 * @param kudos earned since the start, as the server rewards them
 * @param kudosPerHour the same within the last hour
 * @param kudosEver earned with this name, as the ledger has it
 * @param accountKudos what the account has, as the Horde said last
 * @param uncompletedJobs how many of the worker's jobs the Horde counts as dropped, as it said last
 * @param trouble what the Horde said last, if it did not answer as it should
 * @param messages what the Horde's people say to the operator
 */
public record DreamerStatus(
        String worker,
        String state,
        Optional<String> why,
        Optional<Instant> until,
        List<String> models,
        List<String> missing,
        int jobsInHand,
        int picturesInHand,
        long pendingMegapixelSteps,
        long popped,
        long good,
        long failed,
        int failedOfTheHour,
        double kudos,
        double kudosPerHour,
        double kudosEver,
        Optional<Double> accountKudos,
        Optional<Long> uncompletedJobs,
        Optional<String> trouble,
        List<String> messages)
        implements CborSerializable {
    public DreamerStatus {
        models = List.copyOf(models);
        missing = List.copyOf(missing);
        messages = List.copyOf(messages);
    }
}
