package drover.inference;

import drover.picture.JpegEncoder;
import drover.picture.Picture;
import drover.picture.PngEncoder;
import drover.picture.WebpEncoder;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns finished pictures into files. Used by one thread. */
final class PictureEncoder {
    /** Made when the first picture wants it: it loads a native library. */
    private @Nullable WebpEncoder webp;

    /**
     * Encodes a picture.
     *
     * @throws EngineException.Unsupported if the format has no room for a picture of this size
     */
    Artifact encode(Drawing drawing, OutputFormat format, SafetyResult safety) throws EngineException.Unsupported {
        Picture picture = drawing.picture();
        int side = Math.max(picture.width(), picture.height());
        if (side > format.kind().maxSide()) {
            throw new EngineException.Unsupported("a " + format.kind().text() + " file has at most "
                    + format.kind().maxSide() + " pixels a side, but the picture has " + picture.width() + "x"
                    + picture.height() + "; ask for png");
        }
        Map<String, String> texts = format.parameters() ? drawing.texts() : Map.of();
        byte[] bytes = switch (format.kind()) {
            case PNG -> PngEncoder.encode(picture, texts);
            case WEBP -> webp().lossy(picture, format.quality(), format.effort(), texts);
            case WEBP_LOSSLESS -> webp().lossless(picture, format.effort(), texts);
            case JPEG -> JpegEncoder.encode(picture, format.quality(), texts);
        };
        return new Artifact(format.kind().mediaType(), bytes, drawing.seed(), safety);
    }

    private WebpEncoder webp() {
        WebpEncoder known = webp;
        if (known == null) {
            known = new WebpEncoder();
            webp = known;
        }
        return known;
    }
}
