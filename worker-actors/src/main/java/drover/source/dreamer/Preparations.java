package drover.source.dreamer;

import drover.diffusion.TextualInversion;
import drover.horde.DownloadOutcome;
import drover.horde.Downloader;
import drover.horde.GenMetadata;
import drover.horde.ImageJob;
import drover.horde.ImagePayload;
import drover.horde.ImageSource;
import drover.inference.AssetRef;
import drover.inference.AssetStore;
import drover.inference.HiresFix;
import drover.inference.ImageFeatures;
import drover.inference.ImageRequest;
import drover.inference.InferenceRequest;
import drover.inference.JobId;
import drover.inference.LoraUse;
import drover.inference.SourceImage;
import drover.picture.BadImageException;
import drover.picture.Picture;
import drover.picture.PngEncoder;
import drover.picture.SourceImages;
import drover.source.bridge.BridgeData;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.util.ByteString;

/**
 * Gets what a job needs beside its words: its source image and mask, looked at before anything unpacks them, its LoRAs
 * and its textual inversions. What cannot be had is left out and said, as the Horde wants it. The pictures become inputs
 * of the job.
 */
final class Preparations {
    private static final int MAX_BYTES = 8 << 20;
    private static final double LEAST_STRENGTH = SourceImage.LEAST_STRENGTH;
    private static final String PNG = "image/png";

    private final Downloader downloader;
    private final AssetStore assets;
    private final Executor blocking;
    private final LoraWishes loras;

    Preparations(Downloader downloader, LoraWishes loras, AssetStore assets, Executor blocking) {
        this.downloader = downloader;
        this.loras = loras;
        this.assets = assets;
        this.blocking = blocking;
    }

    /** A job that asks for what nobody here can do. */
    static final class CannotException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        CannotException(String message) {
            super(message);
        }
    }

    /** A picture that was to be fetched: its bytes, or why not. */
    private sealed interface Got {
        record Bytes(ByteString bytes) implements Got {}

        record NotFetched() implements Got {}

        record Absent() implements Got {}
    }

    /** Whether all that the job needs is in its words, so that nothing has to be fetched or written for it. */
    static boolean isInstant(ImageJob job, KnownModel model) {
        return job.sourceImage().isEmpty()
                && job.sourceMask().isEmpty()
                && job.payload().loras().isEmpty()
                && job.payload().tis().isEmpty()
                && !model.inpainting();
    }

    /**
     * The request, once all is there.
     *
     * @param patience for how long things may be fetched
     * @param now the present time
     * @param until the end of the job's time
     * @return fails with a {@link CannotException} if the job asks for what nobody here can do
     */
    CompletionStage<Preparation> prepare(
            JobId id,
            ImageJob job,
            KnownModel model,
            BridgeData.Content content,
            Duration patience,
            Instant now,
            Instant until) {
        Optional<String> impossible = impossible(job.payload());
        if (impossible.isPresent()) {
            return CompletableFuture.failedFuture(new CannotException(impossible.get()));
        }
        CompletionStage<Got> source = fetch(job.sourceImage(), now.plus(patience));
        CompletionStage<Got> mask = fetch(job.sourceMask(), now.plus(patience));
        CompletionStage<LoraWishes.Granted> granted =
                loras.grant(job, model.baseline(), content.nsfw(), patience, now, until);
        return source.thenCombine(mask, Fetched::new)
                .thenCombineAsync(
                        granted, (fetched, wishes) -> made(id, job, model, content, fetched, wishes), blocking)
                .whenComplete((_, failure) -> {
                    if (failure != null) {
                        // The job will never be, whenever its files come.
                        granted.thenAccept(wishes -> wishes.leases().forEach(loras::release));
                    }
                });
    }

    private record Fetched(Got image, Got mask) {}

    /** The job needs nothing of it any more. */
    void release(Preparation preparation) {
        preparation.leases().forEach(loras::release);
    }

    /** What is named by no flag of a pop, and so comes although nobody offers it. */
    private static Optional<String> impossible(ImagePayload payload) {
        return payload.workflow().map(name -> "this worker does not know the workflow " + name);
    }

    private CompletionStage<Got> fetch(Optional<ImageSource> source, Instant until) {
        return source.map(given -> switch (given) {
                    case ImageSource.Remote(var url) ->
                        downloader.fetch(url, until).<Got>thenApply(outcome -> switch (outcome) {
                            case DownloadOutcome.Fetched fetched -> new Got.Bytes(fetched.bytes());
                            case DownloadOutcome.NotFetched _ -> new Got.NotFetched();
                        });
                    case ImageSource.Inline inline ->
                        CompletableFuture.<Got>completedFuture(inline.bytes(MAX_BYTES)
                                .<Got>map(bytes -> new Got.Bytes(ByteString.fromArrayUnsafe(bytes)))
                                .orElseGet(() -> new Got.Bytes(ByteString.emptyByteString())));
                })
                .orElseGet(() -> CompletableFuture.completedFuture(new Got.Absent()));
    }

    private Preparation made(
            JobId id,
            ImageJob job,
            KnownModel model,
            BridgeData.Content content,
            Fetched fetched,
            LoraWishes.Granted wishes) {
        Got image = fetched.image();
        Got where = fetched.mask();
        ImageRequest request = ImageRequests.of(job, model.name(), wishes.triggers(), wishes.inversions(), content);
        List<GenMetadata> remarks = new ArrayList<>(wishes.remarks());
        ImageFeatures features = features(job, wishes.loras());
        Optional<SourceImages.Decoded> source =
                decoded(image, remarks, GenMetadata.sourceImageDownloadFailed(), GenMetadata.sourceImageParseFailed());
        // Without its picture, a job for a model that can also draw from nothing is drawn from nothing.
        boolean painting = job.processing()
                .filter(it -> it.equals("inpainting") || it.equals("outpainting"))
                .isPresent();
        boolean paints = model.inpainting() || (painting && source.isPresent());
        try {
            if (paints) {
                features = features.withSource(painted(id, job, request, source, image, where, remarks));
            } else if (source.isPresent() && image instanceof Got.Bytes(ByteString bytes)) {
                features = features.withSource(started(id, job, bytes, source.get(), where, remarks));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the source image could not be kept: " + e.getMessage(), e);
        }
        return new Preparation(request.with(features), remarks, wishes.leases());
    }

    /** What a request that another process has made needs stays until then. */
    void keep(InferenceRequest prepared, Instant until) {
        switch (prepared) {
            case ImageRequest it -> loras.keep(it, until);
        }
    }

    /** The remarks of a preparation that another process has made, as far as its request shows them. */
    static List<GenMetadata> remarks(ImageJob job, InferenceRequest prepared) {
        List<GenMetadata> remarks = new ArrayList<>();
        ImageRequest request = switch (prepared) {
            case ImageRequest it -> it;
        };
        ImageFeatures features = request.features();
        if (job.sourceImage().isPresent() && features.source().isEmpty()) {
            remarks.add(GenMetadata.sourceImageDownloadFailed());
        }
        if (features.loras().isEmpty()) {
            job.payload().loras().forEach(lora -> remarks.add(GenMetadata.loraDownloadFailed(lora.name())));
        }
        if (TextualInversion.mentioned(request.prompt() + "\n" + request.negativePrompt())
                .isEmpty()) {
            job.payload().tis().forEach(ti -> remarks.add(GenMetadata.tiDownloadFailed(ti.name())));
        }
        return remarks;
    }

    private static ImageFeatures features(ImageJob job, List<LoraUse> loras) {
        ImagePayload payload = job.payload();
        Optional<HiresFix> hires = payload.hiresFix()
                .filter(on -> on)
                .map(_ -> new HiresFix(Math.clamp(
                        payload.hiresFixDenoisingStrength()
                                .or(job::denoisingStrength)
                                .orElse(HiresFix.DEFAULT_STRENGTH),
                        LEAST_STRENGTH,
                        1)));
        return new ImageFeatures(
                Optional.empty(), loras, Optional.empty(), payload.tiling().orElse(false), hires, List.of());
    }

    private static Optional<SourceImages.Decoded> decoded(
            Got got, List<GenMetadata> remarks, GenMetadata notFetched, GenMetadata notRead) {
        return switch (got) {
            case Got.Absent _ -> Optional.empty();
            case Got.NotFetched _ -> {
                remarks.add(notFetched);
                yield Optional.empty();
            }
            case Got.Bytes(ByteString bytes) -> {
                try {
                    yield Optional.of(
                            SourceImages.decodeWithTransparency(bytes.toArrayUnsafe(), SourceImages.Limits.HORDE));
                } catch (BadImageException e) {
                    remarks.add(notRead);
                    yield Optional.empty();
                }
            }
        };
    }

    private Optional<AssetRef> mask(JobId id, Got where, List<GenMetadata> remarks) throws IOException {
        Optional<SourceImages.Decoded> readable =
                decoded(where, remarks, GenMetadata.sourceMaskDownloadFailed(), GenMetadata.sourceMaskParseFailed());
        return readable.isPresent() && where instanceof Got.Bytes(ByteString bytes)
                ? Optional.of(put(id, "mask", bytes))
                : Optional.empty();
    }

    /** From a picture; with a mask, or where it is transparent, only there. */
    private SourceImage started(
            JobId id, ImageJob job, ByteString bytes, SourceImages.Decoded source, Got where, List<GenMetadata> remarks)
            throws IOException {
        Optional<AssetRef> mask = mask(id, where, remarks);
        SourceImage.Mode mode = mask.isPresent() || source.transparency().isPresent()
                ? SourceImage.Mode.INPAINTING
                : SourceImage.Mode.IMG2IMG;
        return new SourceImage(put(id, "source", bytes), mask, strength(job), mode);
    }

    /** What can only be painted over is always there: noise if need be, and all of it if nobody says where. */
    private SourceImage painted(
            JobId id,
            ImageJob job,
            ImageRequest request,
            Optional<SourceImages.Decoded> source,
            Got image,
            Got where,
            List<GenMetadata> remarks)
            throws IOException {
        AssetRef kept;
        if (source.isPresent() && image instanceof Got.Bytes(ByteString bytes)) {
            kept = put(id, "source", bytes);
        } else {
            if (image instanceof Got.Absent) {
                remarks.add(GenMetadata.sourceImageParseFailed());
            }
            byte[] noise = new byte[request.width() * request.height() * 3];
            new Random(request.seed()).nextBytes(noise);
            kept = put(id, "source", request, noise);
        }
        Optional<AssetRef> mask = mask(id, where, remarks);
        boolean transparent = source.flatMap(SourceImages.Decoded::transparency).isPresent();
        if (mask.isEmpty() && !transparent) {
            if (where instanceof Got.Absent) {
                remarks.add(GenMetadata.sourceMaskParseFailed());
            }
            byte[] white = new byte[request.width() * request.height() * 3];
            Arrays.fill(white, (byte) 255);
            mask = Optional.of(put(id, "mask", request, white));
        }
        return new SourceImage(kept, mask, strength(job), SourceImage.Mode.INPAINTING);
    }

    private static double strength(ImageJob job) {
        return Math.clamp(job.denoisingStrength().filter(Double::isFinite).orElse(1.0), LEAST_STRENGTH, 1);
    }

    private AssetRef put(JobId id, String name, ImageRequest size, byte[] rgb) throws IOException {
        return assets.putInput(
                id, name, PNG, PngEncoder.encode(new Picture(size.width(), size.height(), rgb), Map.of()));
    }

    private AssetRef put(JobId id, String name, ByteString picture) throws IOException {
        byte[] bytes = picture.toArrayUnsafe();
        try {
            String mediaType = SourceImages.inspect(bytes, SourceImages.Limits.HORDE)
                    .format()
                    .mediaType();
            return assets.putInput(id, name, mediaType, bytes);
        } catch (BadImageException e) {
            throw new IOException(e.getMessage(), e); // It was readable a moment ago.
        }
    }
}
