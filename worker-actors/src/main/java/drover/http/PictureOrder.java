package drover.http;

import drover.inference.AssetRef;
import drover.inference.AssetStore;
import drover.inference.ControlUse;
import drover.inference.ImageFeatures;
import drover.inference.JobId;
import drover.inference.SourceImage;
import java.io.IOException;
import java.util.Optional;

/**
 * What a picture is to be made with, as far as it has been asked for and checked.
 *
 * @param features without the pictures that the request brings along
 * @param source what is started from
 * @param control what is followed
 */
record PictureOrder(ImageFeatures features, Optional<Source> source, Optional<Control> control) {
    /** A picture to start from. */
    record Source(Upload image, Optional<Upload> mask, double strength) {}

    /** A picture to follow. */
    record Control(Upload image, String model, ControlUse.Type type, double strength, boolean returnMap) {}

    /** Whether there is anything to keep. */
    boolean bringsPictures() {
        return source.isPresent() || control.isPresent();
    }

    /** Keeps what the request brings along, as inputs of the job. Waits for the disk. */
    ImageFeatures kept(AssetStore store, JobId job) throws IOException {
        ImageFeatures all = features;
        if (source.isPresent()) {
            Source it = source.get();
            AssetRef image = put(store, job, "source", it.image());
            Optional<AssetRef> mask = it.mask().isPresent()
                    ? Optional.of(put(store, job, "mask", it.mask().get()))
                    : Optional.empty();
            SourceImage.Mode mode = mask.isPresent() ? SourceImage.Mode.INPAINTING : SourceImage.Mode.IMG2IMG;
            all = all.withSource(new SourceImage(image, mask, it.strength(), mode));
        }
        if (control.isPresent()) {
            Control it = control.get();
            AssetRef image = put(store, job, "control", it.image());
            all = all.withControl(new ControlUse(it.model(), image, it.type(), it.strength(), it.returnMap()));
        }
        return all;
    }

    private static AssetRef put(AssetStore store, JobId job, String name, Upload upload) throws IOException {
        return store.putInput(job, name, upload.mediaType(), upload.bytes());
    }
}
