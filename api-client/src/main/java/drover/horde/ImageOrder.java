package drover.horde;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Optional;

/**
 * Orders pictures.
 *
 * @param prompt what to draw and, behind {@code ###}, what to keep away from
 * @param params how
 * @param models any of these; any at all if there are none
 * @param nsfw may be so, and is marked so
 * @param censorNsfw replaces pictures that are so although they were not meant to be
 * @param r2 gets addresses of pictures, not the pictures in Base64
 * @param trustedWorkers only from workers of trusted owners
 * @param slowWorkers from slow workers as well
 * @param validatedBackends only from software that the Horde knows
 * @param sourceImage to start from, in Base64
 * @param sourceProcessing what to do with it
 * @param sourceMask where to paint, in Base64
 * @param extraSourceImages more pictures to go by
 * @param workers only these, or, with {@code workerBlacklist}, not these
 * @param workerBlacklist whether {@code workers} are not to do it
 * @param replacementFilter rewrites a prompt that would be refused
 * @param dryRun says what it would cost, and does nothing
 * @param disableBatching each picture by itself
 * @param allowDowngrade smaller or fewer steps, if the kudos do not reach
 */
public record ImageOrder(
        String prompt,
        ImageParams params,
        List<String> models,
        boolean nsfw,
        boolean censorNsfw,
        boolean r2,
        boolean trustedWorkers,
        boolean slowWorkers,
        Optional<Boolean> validatedBackends,
        Optional<ImageSource> sourceImage,
        Optional<String> sourceProcessing,
        Optional<ImageSource> sourceMask,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<ExtraSourceImage> extraSourceImages,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> workers,
        Optional<Boolean> workerBlacklist,
        Optional<Boolean> replacementFilter,
        Optional<Boolean> dryRun,
        Optional<Boolean> disableBatching,
        Optional<Boolean> allowDowngrade) {
    public ImageOrder {
        models = Lists.copy(models);
        extraSourceImages = Lists.copy(extraSourceImages);
        workers = Lists.copy(workers);
    }

    /** An order that any worker may fill, answered with addresses of pictures. */
    public static ImageOrder of(String prompt, ImageParams params, List<String> models) {
        return new ImageOrder(
                prompt,
                params,
                models,
                false,
                true,
                true,
                false,
                true,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }
}
