package drover.horde;

import java.util.List;

/**
 * Answers one picture of an image job.
 *
 * @param id of the picture
 * @param generation {@code R2} for a picture that was uploaded; some text for one that is faulted
 * @param state how it ended; for what is not faulted the server goes by the metadata
 * @param seed as a number, where the job has it as text
 * @param genMetadata each entry once, at most {@value GenMetadata#MAX_ENTRIES}
 */
public record ImageSubmit(
        String id, String generation, GenerationState state, long seed, List<GenMetadata> genMetadata) {
    private static final String UPLOADED = "R2";
    private static final int MAX_REASON = 200;

    public ImageSubmit {
        genMetadata = GenMetadata.bounded(genMetadata);
    }

    /**
     * Says that the picture is where it belongs.
     *
     * @param stored what the store answered; the server does not look, and pays for pictures that nobody can fetch
     * @param state not {@link GenerationState#FAULTED}
     */
    public static ImageSubmit uploaded(
            String id, UploadOutcome.Stored stored, GenerationState state, long seed, List<GenMetadata> metadata) {
        if (state == GenerationState.FAULTED) {
            throw new IllegalArgumentException(
                    "picture " + id + " is stored" + stored.shown() + ", so it is not faulted");
        }
        return new ImageSubmit(id, UPLOADED, state, seed, metadata);
    }

    /**
     * Says that no picture will come.
     *
     * @param why for the server's log
     */
    public static ImageSubmit faulted(String id, long seed, String why, List<GenMetadata> metadata) {
        return new ImageSubmit(id, reason(why), GenerationState.FAULTED, seed, metadata);
    }

    static String reason(String why) {
        return Texts.cut("faulted: " + why, MAX_REASON);
    }
}
