package drover.horde;

import java.util.List;

/**
 * Answers a text job.
 *
 * @param id of the answer
 * @param generation the text; for one that is faulted any
 * @param state how it ended
 * @param seed 0 if it is not known
 * @param genMetadata each entry once, at most {@value GenMetadata#MAX_ENTRIES}
 */
public record TextSubmit(
        String id, String generation, GenerationState state, long seed, List<GenMetadata> genMetadata) {
    public TextSubmit {
        genMetadata = GenMetadata.bounded(genMetadata);
    }

    /**
     * Says that no text will come.
     *
     * @param why for the server's log
     */
    public static TextSubmit faulted(String id, String why) {
        return new TextSubmit(id, ImageSubmit.reason(why), GenerationState.FAULTED, 0, List.of());
    }
}
