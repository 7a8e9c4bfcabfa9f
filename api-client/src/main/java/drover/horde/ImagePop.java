package drover.horde;

import java.util.List;

/**
 * Asks for image jobs. Every flag is sent, because the server's documented defaults are not those of its parser.
 *
 * @param name the worker's, unique among all workers; the first pop makes the worker
 * @param models offered now; the server keeps the first 300 and passes over those it does not know
 * @param bridgeAgent see {@link BridgeAgent}
 * @param nsfw whether requests marked so are taken
 * @param amount pictures of one job, 1 to 20
 * @param maxPixels of one picture
 * @param threads jobs at a time, 1 to 50; for statistics
 * @param blacklist words; requests whose prompt has one are not taken; the server keeps 200 of 15 letters each
 * @param priorityUsernames whose requests come first, each as {@code alias#id}
 * @param requireUpfrontKudos only from users who can pay at once
 * @param allowImg2img with a source image
 * @param allowPainting in- and outpainting; needs an inpainting model as well
 * @param allowUnsafeIpaddr from users behind a VPN
 * @param allowPostProcessing with upscalers, face fixers and the like
 * @param allowControlnet with ControlNet; needs {@code allowImg2img}
 * @param allowSdxlControlnet with ControlNet for SDXL, and transparent pictures
 * @param allowLora with LoRA
 * @param extraSlowWorker only requests that can wait; three times the time
 * @param limitMaxSteps no requests with more steps than is usual for the model
 */
public record ImagePop(
        String name,
        List<String> models,
        String bridgeAgent,
        boolean nsfw,
        int amount,
        int maxPixels,
        int threads,
        List<String> blacklist,
        List<String> priorityUsernames,
        boolean requireUpfrontKudos,
        boolean allowImg2img,
        boolean allowPainting,
        boolean allowUnsafeIpaddr,
        boolean allowPostProcessing,
        boolean allowControlnet,
        boolean allowSdxlControlnet,
        boolean allowLora,
        boolean extraSlowWorker,
        boolean limitMaxSteps) {
    private static final int SHORTEST_MODEL = 3;
    private static final int LONGEST_MODEL = 255;

    /** Whether the server takes a model's name; because of one that it does not take, it refuses the whole pop. */
    public static boolean isModelName(String name) {
        int letters = name.codePointCount(0, name.length());
        return letters >= SHORTEST_MODEL && letters <= LONGEST_MODEL && name.equals(Texts.clean(name));
    }

    public ImagePop {
        WorkerName.checked(name);
        models = List.copyOf(models);
        blacklist = List.copyOf(blacklist);
        priorityUsernames = List.copyOf(priorityUsernames);
        Bounds.check("amount", amount, 1, 20);
        Bounds.check("threads", threads, 1, 50);
    }

    /** The same for other models: what is offered changes from pop to pop. */
    public ImagePop withModels(List<String> offered) {
        return with(offered, amount, maxPixels);
    }

    /** The same for jobs of at most so many pictures of at most so many pixels. */
    public ImagePop withSize(int pictures, int pixels) {
        return with(models, pictures, pixels);
    }

    private ImagePop with(List<String> offered, int pictures, int pixels) {
        return new ImagePop(
                name,
                offered,
                bridgeAgent,
                nsfw,
                pictures,
                pixels,
                threads,
                blacklist,
                priorityUsernames,
                requireUpfrontKudos,
                allowImg2img,
                allowPainting,
                allowUnsafeIpaddr,
                allowPostProcessing,
                allowControlnet,
                allowSdxlControlnet,
                allowLora,
                extraSlowWorker,
                limitMaxSteps);
    }
}
