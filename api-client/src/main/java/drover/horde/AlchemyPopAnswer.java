package drover.horde;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;

/**
 * What a worker gets when it asks for alchemy.
 *
 * @param forms to be done, each by itself; those of one picture have the same source
 * @param messages to the operator
 * @param skipped what was not given, and why
 */
public record AlchemyPopAnswer(
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Form> forms,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<WorkerMessage> messages,
        Optional<Skipped> skipped) {
    public AlchemyPopAnswer {
        forms = Lists.copy(forms);
        messages = Lists.copy(messages);
    }

    /**
     * One thing to do to one picture. The server waits 180 s for it.
     *
     * @param id of the form
     * @param form what to do
     * @param payload how, where there is something to say
     * @param sourceImage the picture
     * @param r2Upload where the result goes, if it is a picture
     */
    public record Form(
            String id,
            String form,
            Optional<JsonNode> payload,
            ImageSource sourceImage,
            Optional<PresignedUrl> r2Upload) {}
}
