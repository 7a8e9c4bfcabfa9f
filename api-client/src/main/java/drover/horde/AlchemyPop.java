package drover.horde;

import java.util.List;

/**
 * Asks for alchemy: what is done to finished pictures.
 *
 * @param name the worker's, unique among all workers
 * @param forms what it can do, such as {@code caption}, {@code nsfw} or the name of a post-processor
 * @param amount forms at most
 * @param bridgeAgent see {@link BridgeAgent}
 * @param threads forms at a time, 1 to 100
 * @param maxTiles of 512×512 pixels, 1 to 256
 * @param priorityUsernames whose requests come first, each as {@code alias#id}
 */
public record AlchemyPop(
        String name,
        List<String> forms,
        int amount,
        String bridgeAgent,
        int threads,
        int maxTiles,
        List<String> priorityUsernames) {
    public AlchemyPop {
        WorkerName.checked(name);
        forms = List.copyOf(forms);
        priorityUsernames = Lists.copy(priorityUsernames);
        Bounds.check("threads", threads, 1, 100);
        Bounds.check("max_tiles", maxTiles, 1, 256);
    }
}
