package drover.horde;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * Answers one form.
 *
 * @param id of the form
 * @param result by the form's name; sent also where there is none
 * @param state how it ended
 */
public record AlchemySubmit(String id, Map<String, JsonNode> result, GenerationState state) {
    public AlchemySubmit {
        result = Map.copyOf(result);
    }

    /** Says that nothing will come of it. */
    public static AlchemySubmit faulted(String id) {
        return new AlchemySubmit(id, Map.of(), GenerationState.FAULTED);
    }

    /**
     * Says that the picture is where it belongs.
     *
     * @param form its name, a post-processor's
     * @param stored what the store answered; the server does not look
     */
    public static AlchemySubmit uploaded(String id, String form, UploadOutcome.Stored stored) {
        return new AlchemySubmit(
                id, Map.of(form, HordeJson.mapper().getNodeFactory().textNode(stored.name())), GenerationState.OK);
    }
}
