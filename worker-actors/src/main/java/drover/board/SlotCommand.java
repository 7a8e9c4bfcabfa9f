package drover.board;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import drover.inference.AttemptId;
import drover.inference.CborSerializable;
import drover.inference.InferenceRequest;
import drover.inference.PreviewWish;
import drover.watchdog.LearnedLimit;
import java.time.Instant;
import java.util.List;

/** What the board says to the keeper of a slot. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = SlotCommand.Offer.class, name = "offer"),
    @JsonSubTypes.Type(value = SlotCommand.CancelAttempt.class, name = "cancel"),
    @JsonSubTypes.Type(value = SlotCommand.ShowPreviews.class, name = "show-previews"),
    @JsonSubTypes.Type(value = SlotCommand.ResultRecorded.class, name = "recorded")
})
public sealed interface SlotCommand extends CborSerializable {
    /**
     * Here is work for the slot that asked. The attempt counts as given out; a keeper that cannot take it answers with
     * {@link JobBoard.AttemptEnded} and {@code HANDED_BACK}.
     *
     * @param learned deadlines for the watchdogs, learned from work of this kind on this node
     */
    record Offer(SlotId slot, AttemptId attempt, InferenceRequest request, Instant deadline, List<LearnedLimit> learned)
            implements SlotCommand {
        public Offer {
            learned = List.copyOf(learned);
        }
    }

    /** Nobody waits for this attempt any more; stop it between two steps. No answer is needed. */
    record CancelAttempt(SlotId slot, AttemptId attempt, String reason) implements SlotCommand {}

    /** Somebody wants to see how the attempt's pictures come along. Safe to lose. */
    record ShowPreviews(SlotId slot, AttemptId attempt, PreviewWish wish) implements SlotCommand {}

    /** The end of the attempt, reported before, is in the ledger; it need not be reported again. */
    record ResultRecorded(SlotId slot, AttemptId attempt) implements SlotCommand {}
}
