package drover.http;

import drover.client.JobRequest;
import drover.client.JobRequest.ControlOrder;
import drover.client.JobRequest.LoraOrder;
import drover.client.Problem.FieldError;
import drover.inference.ControlUse;
import drover.inference.HiresFix;
import drover.inference.ImageFeatures;
import drover.inference.LoraUse;
import drover.inference.SourceImage;
import drover.picture.BadImageException;
import drover.picture.SourceImages;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Checks what a picture is to be made with beside its prompt, and looks at the headers of pictures that come along. */
final class PictureCheck {
    private static final Pattern DATA_URL = Pattern.compile("data:[a-z0-9.+/-]{0,100};base64,");
    private static final double DEFAULT_STRENGTH = 0.75;
    private static final int MAX_NAME = 200;

    private final List<FieldError> errors;

    /**
     * A check of one request.
     *
     * @param errors takes what is wrong
     */
    PictureCheck(List<FieldError> errors) {
        this.errors = errors;
    }

    PictureOrder check(JobRequest r) {
        Optional<PictureOrder.Source> source = source(r);
        Optional<PictureOrder.Control> control = r.control().flatMap(this::control);
        double again = r.hiresStrength().orElse(HiresFix.DEFAULT_STRENGTH);
        boolean secondPass = r.hiresFix().orElse(false);
        expect(secondPass || r.hiresStrength().isEmpty(), "hires_strength", "is only for hires_fix");
        boolean fits = expect(again >= 0.01 && again <= 1, "hires_strength", "must be 0.01 to 1, but was " + again);
        List<LoraUse> loras = new ArrayList<>();
        for (LoraOrder lora : r.loras().orElse(List.of())) {
            lora(lora, loras.size()).ifPresent(loras::add);
        }
        List<String> upscalers = r.postProcessing().orElse(List.of());
        upscalers.forEach(name -> named(name, "post_processing"));
        boolean few = expect(
                r.loras().map(List::size).orElse(0) <= ImageFeatures.MAX_LORAS,
                "loras",
                "must be at most " + ImageFeatures.MAX_LORAS);
        boolean fewToo = expect(
                upscalers.size() <= ImageFeatures.MAX_POST_PROCESSING,
                "post_processing",
                "must be at most " + ImageFeatures.MAX_POST_PROCESSING + " upscalers");
        ImageFeatures features = few && fewToo && fits
                ? new ImageFeatures(
                        Optional.empty(),
                        loras,
                        Optional.empty(),
                        r.tiling().orElse(false),
                        secondPass ? Optional.of(new HiresFix(again)) : Optional.empty(),
                        upscalers)
                : ImageFeatures.NONE;
        return new PictureOrder(features, source, control);
    }

    private Optional<PictureOrder.Source> source(JobRequest r) {
        double strength = r.strength().orElse(r.mask().isPresent() ? 1 : DEFAULT_STRENGTH);
        expect(
                strength >= SourceImage.LEAST_STRENGTH && strength <= 1,
                "strength",
                "must be 0.01 to 1, but was " + strength);
        if (r.source().isEmpty()) {
            expect(r.mask().isEmpty(), "mask", "is only for a source");
            expect(r.strength().isEmpty(), "strength", "is only for a source");
            return Optional.empty();
        }
        Optional<Upload> image = upload("source", r.source().get());
        Optional<Upload> mask = r.mask().flatMap(text -> upload("mask", text));
        return image.map(it -> new PictureOrder.Source(it, mask, strength));
    }

    private Optional<PictureOrder.Control> control(ControlOrder order) {
        double strength = order.strength().orElse(1.0);
        boolean fits = expect(
                strength >= 0.01 && strength <= ControlUse.MOST_STRENGTH,
                "control.strength",
                "must be 0.01 to 3, but was " + strength);
        boolean named = named(order.model(), "control.model");
        String wanted = order.type().orElse("none");
        Optional<ControlUse.Type> type = Arrays.stream(ControlUse.Type.values())
                .filter(it -> Names.of(it).equals(wanted.toLowerCase(Locale.ROOT)))
                .findFirst();
        expect(type.isPresent(), "control.type", "must be canny or none, but was " + wanted);
        Optional<Upload> image = upload("control.image", order.image());
        return fits && named && type.isPresent()
                ? image.map(it -> new PictureOrder.Control(
                        it,
                        order.model(),
                        type.get(),
                        strength,
                        order.returnMap().orElse(false)))
                : Optional.empty();
    }

    private Optional<LoraUse> lora(LoraOrder order, int index) {
        String field = "loras[" + index + "]";
        double model = order.model().orElse(1.0);
        double clip = order.clip().orElse(model);
        boolean named = named(order.file(), field + ".file");
        boolean fits = expect(
                Math.abs(model) <= LoraUse.LIMIT && Math.abs(clip) <= LoraUse.LIMIT,
                field,
                "must have weights of -10 to 10, but had " + model + " and " + clip);
        return named && fits ? Optional.of(new LoraUse(order.file(), model, clip)) : Optional.empty();
    }

    private boolean named(String name, String field) {
        return expect(!name.isBlank() && name.length() <= MAX_NAME, field, "must be a name of 1 to 200 characters");
    }

    private Optional<Upload> upload(String field, String text) {
        Matcher url = DATA_URL.matcher(text);
        String base64 = url.lookingAt() ? text.substring(url.end()) : text;
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            errors.add(new FieldError(field, "must be base64, or a data URL with base64"));
            return Optional.empty();
        }
        try {
            SourceImages.Header header = SourceImages.inspect(bytes, SourceImages.Limits.HORDE);
            return Optional.of(new Upload(bytes, header.format().mediaType()));
        } catch (BadImageException e) {
            errors.add(new FieldError(field, "cannot be used: " + e.getMessage()));
            return Optional.empty();
        }
    }

    private boolean expect(boolean holds, String field, String detail) {
        if (!holds) {
            errors.add(new FieldError(field, detail));
        }
        return holds;
    }
}
