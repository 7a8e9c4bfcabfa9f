package drover.horde;

import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An image job with all that is needed to answer it.
 *
 * @param ids one for each picture; each is uploaded and submitted by itself
 * @param uploads where each picture goes, in the order of the ids
 * @param model to draw with
 * @param ttl how long the server waits, counted from when it handed the job out; the same for one picture and for many,
 *     and without regard for post-processing, hires fix, loading and the worker's own queue
 * @param payload what to draw
 * @param sourceImage to start from
 * @param sourceProcessing as the server sent it; see {@link #processing}
 * @param sourceMask where to paint; without it the source's alpha channel says so
 * @param extraSourceImages more pictures to go by
 */
public record ImageJob(
        List<String> ids,
        List<PresignedUrl> uploads,
        String model,
        Duration ttl,
        ImagePayload payload,
        Optional<ImageSource> sourceImage,
        Optional<String> sourceProcessing,
        Optional<ImageSource> sourceMask,
        List<ExtraSourceImage> extraSourceImages) {
    private static final Pattern SEED = Pattern.compile("\\s*(-?\\d{1,100})(?:\\.0*)?\\s*");
    private static final BigInteger SEEDS = BigInteger.ONE.shiftLeft(32);

    public ImageJob {
        ids = List.copyOf(ids);
        uploads = List.copyOf(uploads);
        extraSourceImages = List.copyOf(extraSourceImages);
    }

    /** What to do with the source image; empty where there is none, whatever the server wrote. */
    public Optional<String> processing() {
        return sourceImage.isEmpty() ? Optional.empty() : Optional.of(sourceProcessing.orElse("img2img"));
    }

    /** How much of the source image to change; empty where there is none, whatever the server wrote. */
    public Optional<Double> denoisingStrength() {
        return sourceImage.isEmpty() ? Optional.empty() : payload.denoisingStrength();
    }

    /** The seed as the number that a submit needs, below 2³²; empty if the server sent none. */
    public OptionalLong seed() {
        return payload.seed().map(SEED::matcher).filter(Matcher::matches).stream()
                .mapToLong(it -> new BigInteger(it.group(1)).mod(SEEDS).longValueExact())
                .findFirst();
    }

    /**
     * The seed that is drawn with, below 2³²: where the server sent none, one that follows from the job, so that it is
     * told as well.
     */
    public long seedToUse() {
        return seed().orElse(Integer.toUnsignedLong(ids.getFirst().hashCode()));
    }

    /**
     * What tells the server that nothing will come, for every picture of the job.
     *
     * @param why for the server's log
     */
    public List<ImageSubmit> faults(String why) {
        return ids.stream()
                .map(id -> ImageSubmit.faulted(id, seedToUse(), why, List.of()))
                .toList();
    }
}
