package drover.horde;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Optional;

/**
 * What a worker gets when it asks for text jobs.
 *
 * @param id of the first answer; absent if there is no job
 * @param ids one for each answer
 * @param payload what to write; there also without a job
 * @param model to write with
 * @param ttl seconds until the server gives the job to another; the same however many tokens are wanted
 * @param softprompt which to use
 * @param extraSourceImages pictures to go by
 * @param messages to the operator
 * @param skipped what was not given, and why
 */
public record TextPopAnswer(
        Optional<String> id,
        List<String> ids,
        Optional<TextPayload> payload,
        Optional<String> model,
        Optional<Integer> ttl,
        Optional<String> softprompt,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<ExtraSourceImage> extraSourceImages,
        List<WorkerMessage> messages,
        Optional<Skipped> skipped) {
    public TextPopAnswer {
        ids = Lists.copy(ids);
        extraSourceImages = Lists.copy(extraSourceImages);
        messages = Lists.copy(messages);
    }

    /** The ids to answer, each once; none if there is no job. The payload says nothing about that. */
    public List<String> jobIds() {
        return ids.isEmpty() ? id.stream().toList() : ids.stream().distinct().toList();
    }
}
