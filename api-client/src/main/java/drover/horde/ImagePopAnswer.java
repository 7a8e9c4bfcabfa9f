package drover.horde;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;

/**
 * What a worker gets when it asks for image jobs; {@link #job} says whether there is one.
 *
 * @param id of the first picture; absent if there is no job
 * @param ids one for each picture
 * @param payload what to draw; there also without a job
 * @param model to draw with
 * @param ttl seconds until the server gives the job to another
 * @param sourceImage to start from
 * @param sourceProcessing what to do with it; {@code img2img} also where there is none
 * @param sourceMask where to paint
 * @param extraSourceImages more pictures to go by
 * @param r2Upload where the picture goes; the old form
 * @param r2Uploads where the pictures go, one for each id
 * @param messages to the operator
 * @param skipped what was not given, and why
 */
public record ImagePopAnswer(
        Optional<String> id,
        List<String> ids,
        Optional<ImagePayload> payload,
        Optional<String> model,
        Optional<Integer> ttl,
        Optional<ImageSource> sourceImage,
        Optional<String> sourceProcessing,
        Optional<ImageSource> sourceMask,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<ExtraSourceImage> extraSourceImages,
        Optional<PresignedUrl> r2Upload,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<PresignedUrl> r2Uploads,
        List<WorkerMessage> messages,
        Optional<Skipped> skipped) {
    public ImagePopAnswer {
        ids = Lists.copy(ids);
        extraSourceImages = Lists.copy(extraSourceImages);
        r2Uploads = Lists.copy(r2Uploads);
        messages = Lists.copy(messages);
    }

    /** Whether there is a job, and whether it can be worked on. */
    public sealed interface Found {}

    /** No job. */
    public record Nothing() implements Found {}

    /**
     * A job.
     *
     * @param job complete
     */
    public record Job(ImageJob job) implements Found {}

    /**
     * A job that cannot be worked on. The server waits for an answer all the same: each id is to be faulted.
     *
     * @param ids what to fault
     * @param why what is missing
     */
    public record Broken(List<String> ids, String why) implements Found {}

    /** Looks at the id, and at the id alone, for whether there is a job. */
    public Found job() {
        LinkedHashSet<String> each = new LinkedHashSet<>(ids);
        if (each.isEmpty()) {
            id.ifPresent(each::add);
        }
        if (each.isEmpty()) {
            return new Nothing();
        }
        List<String> all = List.copyOf(each);
        List<PresignedUrl> uploads = r2Uploads.isEmpty() ? r2Upload.stream().toList() : r2Uploads;
        List<String> missing = new ArrayList<>();
        if (uploads.size() < all.size()) {
            missing.add(uploads.size() + " upload addresses for " + all.size() + " pictures");
        }
        if (all.size() < ids.size()) {
            missing.add("an id of its own for each picture");
        }
        if (model.isEmpty()) {
            missing.add("model");
        }
        if (payload.flatMap(ImagePayload::prompt).isEmpty()) {
            missing.add("payload.prompt");
        }
        if (ttl.isEmpty() || ttl.get() <= 0) {
            missing.add("ttl");
        }
        if (!missing.isEmpty()) {
            return new Broken(all, "the Horde's job lacks: " + String.join(", ", missing));
        }
        return new Job(new ImageJob(
                all,
                uploads.subList(0, all.size()),
                model.orElseThrow(),
                Duration.ofSeconds(ttl.orElseThrow()),
                payload.orElseThrow(),
                sourceImage,
                sourceProcessing,
                sourceMask,
                extraSourceImages));
    }
}
