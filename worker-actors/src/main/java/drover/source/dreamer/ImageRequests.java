package drover.source.dreamer;

import drover.horde.ImageJob;
import drover.horde.ImagePayload;
import drover.inference.ImageFeatures;
import drover.inference.ImageRequest;
import drover.inference.OutputFormat;
import drover.inference.SafetyPolicy;
import drover.inference.Sampler;
import drover.source.bridge.BridgeData;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the Horde asks for, as the engine takes it. As with the existing worker nothing is rejected: what is out of range is
 * brought into it, what is not known falls back to what is usual.
 */
final class ImageRequests {
    private static final Pattern CHOICE = Pattern.compile("\\{([^{}]*\\|[^{}]*)}");
    private static final int MOST_CHOICES = 1_000;
    private static final String NEGATIVE = "###";
    private static final int UNIT = 64;
    private static final int LARGEST = 3072;
    private static final int USUAL_SIDE = 512;
    private static final int USUAL_STEPS = 30;
    private static final int USUAL_CONTROL_STEPS = 20;
    private static final double USUAL_CFG = 5;

    private ImageRequests() {}

    /**
     * The request of a job, without what comes from elsewhere (source images, LoRAs).
     *
     * @param model the model as the nodes call it
     * @param triggers what LoRAs want to stand in front of the prompt
     * @param inversions what prompts may mention
     * @param content what the worker draws
     */
    static ImageRequest of(
            ImageJob job, String model, List<String> triggers, Inversions inversions, BridgeData.Content content) {
        ImagePayload payload = job.payload();
        long seed = job.seedToUse();
        String[] prompts = chosen(payload.prompt().orElse(""), seed).split(NEGATIVE, -1);
        String prompt = inversions.applied(prompts[0], Inversions.Place.PROMPT);
        return new ImageRequest(
                model,
                Stream.concat(triggers.stream().map(trigger -> words(trigger, inversions)), Stream.of(prompt))
                        .filter(text -> !text.isEmpty())
                        .collect(Collectors.joining(", ")),
                inversions.applied(prompts.length > 1 ? prompts[1] : "", Inversions.Place.NEGATIVE),
                side(payload.width()),
                side(payload.height()),
                steps(payload),
                payload.samplerName().flatMap(Sampler::byName).orElse(Sampler.EULER),
                payload.karras().orElse(true),
                Math.clamp(payload.cfgScale().filter(Double::isFinite).orElse(USUAL_CFG), 1, 100),
                seed,
                Math.clamp(payload.clipSkip().orElse(1), 1, 12),
                job.ids().size(),
                Optional.empty(),
                ImageFeatures.NONE,
                OutputFormat.HORDE,
                Optional.of(policy(payload, content)));
    }

    /** Strangers write triggers, too: they name no files of this host, and do not end the prompt. */
    private static String words(String trigger, Inversions inversions) {
        return inversions.named(trigger.replace(NEGATIVE, " ")).strip();
    }

    /** Nothing leaves unseen; what is replaced follows from the worker's settings and from the request. */
    private static SafetyPolicy policy(ImagePayload payload, BridgeData.Content content) {
        boolean censor = !content.nsfw()
                || content.censorNsfw()
                || payload.useNsfwCensor().orElse(false);
        return new SafetyPolicy(true, censor, content.censorlist());
    }

    static int steps(ImagePayload payload) {
        boolean follows = payload.controlType().isPresent();
        return Math.clamp(
                payload.ddimSteps().orElse(follows ? USUAL_CONTROL_STEPS : USUAL_STEPS), 1, follows ? 40 : 500);
    }

    static int side(Optional<Integer> asked) {
        int pixels = Math.clamp(asked.orElse(USUAL_SIDE), UNIT, LARGEST);
        return (pixels + UNIT - 1) / UNIT * UNIT;
    }

    /** One of {@code {a|b|c}}, by the seed, the innermost first. */
    static String chosen(String prompt, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        String text = prompt;
        for (int i = 0; i < MOST_CHOICES; i++) {
            Matcher choice = CHOICE.matcher(text);
            if (!choice.find()) {
                break;
            }
            String[] options = choice.group(1).split("\\|", -1);
            text = text.substring(0, choice.start())
                    + options[random.nextInt(options.length)]
                    + text.substring(choice.end());
        }
        return text;
    }
}
