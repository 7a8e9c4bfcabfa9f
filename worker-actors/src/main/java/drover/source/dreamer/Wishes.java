package drover.source.dreamer;

import drover.horde.BridgeAgent;
import drover.horde.ImagePop;
import drover.horde.Texts;
import drover.source.appetite.Decision;
import drover.source.bridge.BridgeData;
import java.util.List;

/** The pop that a decision comes to. */
final class Wishes {
    private static final int MOST_WORDS = 200;
    private static final int MOST_LETTERS = 15;
    /** No request is larger, and whoever says more without being trusted is suspected. */
    private static final int MOST_PIXELS = 3072 * 3072;

    private Wishes() {}

    static ImagePop pop(BridgeData data, BridgeAgent agent, Abilities able, Decision.Pop decision, int threads) {
        BridgeData.Features wanted = data.features();
        boolean img2img = wanted.img2img() && able.img2img();
        boolean controlnet = img2img && wanted.controlnet() && able.controlnet();
        return new ImagePop(
                data.workerName(),
                decision.models(),
                agent.toString(),
                data.content().nsfw(),
                decision.amount(),
                Math.min(decision.maxPixels(), MOST_PIXELS),
                Math.clamp(threads, 1, 50),
                words(data.content().blacklist()),
                data.priorityUsernames(),
                wanted.requireUpfrontKudos(),
                img2img,
                wanted.painting() && able.painting(),
                wanted.unsafeIp(),
                wanted.postProcessing() && able.postProcessing() && decision.enlarging(),
                controlnet,
                controlnet && wanted.sdxlControlnet() && able.sdxlControlnet(),
                wanted.lora() && able.lora(),
                data.capacity().extraSlow(),
                data.capacity().limitMaxSteps());
    }

    /** As many, and as much of each, as the server keeps. */
    private static List<String> words(List<String> blacklist) {
        return blacklist.stream()
                .filter(word -> !word.isBlank())
                .map(word -> Texts.cut(word, MOST_LETTERS))
                .distinct()
                .limit(MOST_WORDS)
                .toList();
    }
}
