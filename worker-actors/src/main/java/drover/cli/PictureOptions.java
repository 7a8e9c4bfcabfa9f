package drover.cli;

import drover.inference.AssetRef;
import drover.inference.ControlUse;
import drover.inference.HiresFix;
import drover.inference.ImageFeatures;
import drover.inference.JobId;
import drover.inference.LoraUse;
import drover.inference.SourceImage;
import drover.picture.BadImageException;
import drover.picture.SourceImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** What a picture is made with beside its prompt. */
final class PictureOptions {
    private static final Pattern WEIGHTED = Pattern.compile("(.+?)(?::(-?[0-9.]{1,10}))?(?::(-?[0-9.]{1,10}))?");
    private static final double USUAL_STRENGTH = 0.75;

    @Option(names = "--source", paramLabel = "FILE", description = "Start from this picture: PNG, JPEG or WebP.")
    private Optional<Path> source = Optional.empty();

    @Option(names = "--mask", paramLabel = "FILE", description = "Repaint only what is white here.")
    private Optional<Path> mask = Optional.empty();

    @Option(names = "--strength", description = "How much of the source may change, 0.01 to 1.")
    private Optional<Double> strength = Optional.empty();

    @Option(
            names = "--lora",
            paramLabel = "FILE[:WEIGHT[:CLIP]]",
            description = "A LoRA below drover.loras-dir, such as ink:0.8; may be given again.")
    private List<String> loras = new ArrayList<>();

    @Option(names = "--control", paramLabel = "NAME", description = "A ControlNet below drover.controlnets-dir.")
    private Optional<String> control = Optional.empty();

    @Option(names = "--control-image", paramLabel = "FILE", description = "The picture that it follows.")
    private Optional<Path> controlImage = Optional.empty();

    @Option(
            names = "--control-type",
            paramLabel = "TYPE",
            description = "canny (edges), or none: it is what the ControlNet wants to see.")
    private ControlUse.Type controlType = ControlUse.Type.NONE;

    @Option(names = "--tiling", description = "Make opposite edges fit together.")
    private boolean tiling;

    @Option(
            names = "--hires-fix",
            paramLabel = "STRENGTH",
            arity = "0..1",
            fallbackValue = "0.65",
            description = "Paint in two passes where the picture is larger than what the model knows.")
    private Optional<Double> hiresFix = Optional.empty();

    @Option(names = "--upscale", paramLabel = "NAME", description = "An upscaler below drover.upscalers-dir.")
    private List<String> upscalers = new ArrayList<>();

    /**
     * What was asked for.
     *
     * @param files keeps the pictures
     * @param job whose they are
     */
    ImageFeatures features(OutputFiles files, JobId job) {
        if (source.isEmpty() && (mask.isPresent() || strength.isPresent())) {
            throw CommandFailure.usage("--mask and --strength go with --source");
        }
        if (control.isPresent() != controlImage.isPresent()) {
            throw CommandFailure.usage("--control and --control-image go together");
        }
        try {
            ImageFeatures features = new ImageFeatures(
                    Optional.empty(),
                    loras.stream().map(PictureOptions::lora).toList(),
                    Optional.empty(),
                    tiling,
                    hiresFix.map(HiresFix::new),
                    upscalers);
            if (source.isPresent()) {
                features = features.withSource(new SourceImage(
                        kept(files, job, "source", source.get()),
                        mask.map(file -> kept(files, job, "mask", file)),
                        strength.orElse(mask.isPresent() ? 1 : USUAL_STRENGTH),
                        mask.isPresent() ? SourceImage.Mode.INPAINTING : SourceImage.Mode.IMG2IMG));
            }
            if (control.isPresent()) {
                AssetRef image = kept(files, job, "control", controlImage.orElseThrow());
                features = features.withControl(new ControlUse(control.get(), image, controlType, 1, false));
            }
            return features;
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }

    private static LoraUse lora(String text) {
        Matcher parts = WEIGHTED.matcher(text);
        if (!parts.matches()) {
            throw CommandFailure.usage("--lora is FILE:WEIGHT, such as ink:0.8, but was " + text);
        }
        double model =
                Optional.ofNullable(parts.group(2)).map(Double::parseDouble).orElse(1.0);
        double clip =
                Optional.ofNullable(parts.group(3)).map(Double::parseDouble).orElse(model);
        return new LoraUse(parts.group(1), model, clip);
    }

    private static AssetRef kept(OutputFiles files, JobId job, String name, Path file) {
        try {
            byte[] bytes = Files.readAllBytes(file);
            SourceImages.Header header = SourceImages.inspect(bytes, SourceImages.Limits.HORDE);
            return files.putInput(job, name, header.format().mediaType(), bytes);
        } catch (IOException e) {
            throw CommandFailure.usage(file + " cannot be read: " + e);
        } catch (BadImageException e) {
            throw CommandFailure.usage(file + " cannot be used: " + e.getMessage());
        }
    }
}
