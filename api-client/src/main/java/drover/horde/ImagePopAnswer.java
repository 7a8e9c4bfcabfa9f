package drover.horde;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

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
 * @param unread why nothing but the ids could be read; never from the server
 */
public record ImagePopAnswer(
        Optional<String> id,
        List<String> ids,
        Optional<ImagePayload> payload,
        Optional<String> model,
        Optional<Integer> ttl,

        @JsonDeserialize(contentUsing = Lenient.Source.class)
        Optional<ImageSource> sourceImage,

        @JsonDeserialize(contentUsing = Lenient.Text.class) Optional<String> sourceProcessing,

        @JsonDeserialize(contentUsing = Lenient.Source.class)
        Optional<ImageSource> sourceMask,

        @JsonInclude(JsonInclude.Include.NON_EMPTY) @JsonDeserialize(contentUsing = ExtraSourceImage.Reader.class)
        List<ExtraSourceImage> extraSourceImages,

        Optional<PresignedUrl> r2Upload,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<PresignedUrl> r2Uploads,

        @JsonDeserialize(contentUsing = WorkerMessage.Reader.class)
        List<WorkerMessage> messages,

        @JsonDeserialize(contentUsing = Skipped.Reader.class)
        Optional<Skipped> skipped,

        Optional<String> unread) {
    /** Pictures of one job that a worker may ask for. */
    public static final int MOST_PICTURES = 20;

    /** Far beyond what any job is given; what is longer is a mistake. */
    private static final Duration LONGEST = Duration.ofDays(1);

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

    /**
     * Reads what the server sent. If there are ids in it, the server waits for an answer to each, so what cannot be read
     * otherwise is a job as well, though one that cannot be worked on.
     *
     * @throws IOException if there is nothing in it that could be answered
     */
    static ImagePopAnswer read(byte[] json) throws IOException {
        try {
            return HordeJson.mapper().readValue(json, ImagePopAnswer.class);
        } catch (JsonProcessingException e) {
            JsonNode tree = HordeJson.mapper().readTree(json);
            List<String> ids = new ArrayList<>();
            tree.path("ids").forEach(each -> ids.add(each.asText("")));
            Optional<String> id = Optional.of(tree.path("id").asText("")).filter(text -> !text.isBlank());
            if (id.isEmpty() && ids.stream().allMatch(String::isBlank)) {
                throw e;
            }
            return new ImagePopAnswer(
                    id,
                    ids,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    List.of(),
                    Optional.empty(),
                    List.of(),
                    List.of(),
                    Optional.empty(),
                    Optional.of(e.getOriginalMessage()));
        }
    }

    /** Looks at the ids, and at the ids alone, for whether there is a job. */
    public Found job() {
        Set<String> each = new LinkedHashSet<>();
        ids.stream().filter(text -> !text.isBlank()).forEach(each::add);
        if (each.isEmpty()) {
            id.filter(text -> !text.isBlank()).ifPresent(each::add);
        }
        if (each.isEmpty()) {
            return new Nothing();
        }
        List<String> all = List.copyOf(each);
        if (unread.isPresent()) {
            return new Broken(all, "the Horde's job cannot be read: " + unread.get());
        }
        List<PresignedUrl> uploads = r2Uploads.isEmpty() ? r2Upload.stream().toList() : r2Uploads;
        List<String> wrong = new ArrayList<>();
        if (all.size() > MOST_PICTURES) {
            wrong.add(all.size() + " pictures instead of at most " + MOST_PICTURES);
        }
        if (uploads.size() < all.size()) {
            wrong.add(uploads.size() + " upload addresses for " + all.size() + " pictures");
        } else if (uploads.stream()
                .limit(all.size())
                .anyMatch(url -> url.target().isEmpty())) {
            wrong.add("an upload address that is no web address");
        }
        if (all.size() < ids.size()) {
            wrong.add("not an id of its own for each picture");
        }
        if (model.filter(name -> !name.isBlank()).isEmpty()) {
            wrong.add("no model");
        }
        if (payload.flatMap(ImagePayload::prompt).isEmpty()) {
            wrong.add("no payload.prompt");
        }
        if (ttl.isEmpty() || ttl.get() <= 0) {
            wrong.add("no ttl");
        }
        if (!wrong.isEmpty()) {
            return new Broken(all, "the Horde's job has " + String.join(", ", wrong));
        }
        Duration time = Duration.ofSeconds(ttl.orElseThrow());
        return new Job(new ImageJob(
                all,
                uploads.subList(0, all.size()),
                model.orElseThrow(),
                time.compareTo(LONGEST) > 0 ? LONGEST : time,
                payload.orElseThrow(),
                sourceImage,
                sourceProcessing,
                sourceMask,
                extraSourceImages));
    }
}
