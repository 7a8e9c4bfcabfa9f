package drover.inference.pytorch;

import drover.inference.AssetRef;
import drover.inference.ControlUse;
import drover.inference.EngineException;
import drover.inference.ImageFeatures;
import drover.inference.Phase;
import drover.inference.RunMonitor;
import drover.inference.SourceImage;
import drover.picture.BadImageException;
import drover.picture.Canny;
import drover.picture.Mask;
import drover.picture.Picture;
import drover.picture.Resampling;
import drover.picture.SourceImages;
import java.util.Optional;

/**
 * The pictures that a request brings along, decoded.
 *
 * @param source what is started from
 * @param mask where it is painted anew; absent if everywhere
 * @param followed what a ControlNet is to follow, before anything is made of it
 */
record PictureInputs(Optional<Picture> source, Optional<Mask> mask, Optional<Picture> followed) {
    /** What strangers may send; larger ones are of no use to models that paint smaller ones. */
    private static final SourceImages.Limits LIMITS = SourceImages.Limits.HORDE;

    static PictureInputs read(ImageFeatures features, RunMonitor monitor) throws EngineException {
        if (features.source().isEmpty() && features.control().isEmpty()) {
            return new PictureInputs(Optional.empty(), Optional.empty(), Optional.empty());
        }
        Progress progress = new Progress(monitor, Phase.DOWNLOADING, 1);
        progress.begin(1);
        Optional<Picture> source = Optional.empty();
        Optional<Mask> mask = Optional.empty();
        if (features.source().isPresent()) {
            SourceImage use = features.source().get();
            SourceImages.Decoded decoded = decode(use.image(), "source", monitor);
            source = Optional.of(decoded.picture());
            mask = use.mask().isPresent()
                    ? Optional.of(Mask.ofLuma(
                            decode(use.mask().get(), "mask", monitor).picture()))
                    : decoded.transparency().filter(Mask::repaintsAnything);
        }
        Optional<Picture> followed = Optional.empty();
        if (features.control().isPresent()) {
            followed = Optional.of(
                    decode(features.control().get().image(), "control", monitor).picture());
        }
        progress.at(1, 1);
        return new PictureInputs(source, mask, followed);
    }

    private static SourceImages.Decoded decode(AssetRef ref, String what, RunMonitor monitor) throws EngineException {
        try {
            return SourceImages.decodeWithTransparency(monitor.input(ref), LIMITS);
        } catch (BadImageException e) {
            throw new EngineException.BadSource("the " + what + " picture cannot be used: " + e.getMessage(), e);
        }
    }

    /** The source at a size. */
    Optional<Picture> source(int width, int height) {
        return source.map(picture -> Resampling.lanczos(picture, width, height));
    }

    /** The mask at a size. */
    Optional<Mask> mask(int width, int height) {
        return mask.map(it -> it.resized(width, height));
    }

    /** What a ControlNet is shown of a picture of that size. */
    Optional<Picture> hint(ControlUse use, int width, int height) {
        return followed.map(picture -> switch (use.type()) {
            case NONE -> Resampling.lanczos(picture, width, height);
            case CANNY -> Canny.edges(Resampling.lanczos(picture, width, height), Canny.LOW, Canny.HIGH);
        });
    }
}
