package drover.horde;

import java.util.List;

/**
 * Asks for text jobs.
 *
 * @param name the worker's, unique among all workers
 * @param models offered now, as {@code org/model}; at most 200
 * @param bridgeAgent see {@link BridgeAgent}
 * @param nsfw whether requests marked so are taken
 * @param threads jobs at a time, 1 to 50; for statistics
 * @param amount answers of one job, 1 to 20
 * @param maxLength tokens of an answer
 * @param maxContextLength tokens of prompt and answer
 * @param softprompts names of those it has
 * @param priorityUsernames whose requests come first, each as {@code alias#id}
 * @param requireUpfrontKudos only from users who can pay at once
 * @param extraSlowWorker only requests that can wait
 */
public record TextPop(
        String name,
        List<String> models,
        String bridgeAgent,
        boolean nsfw,
        int threads,
        int amount,
        int maxLength,
        int maxContextLength,
        List<String> softprompts,
        List<String> priorityUsernames,
        boolean requireUpfrontKudos,
        boolean extraSlowWorker) {
    public TextPop {
        WorkerName.checked(name);
        models = List.copyOf(models);
        softprompts = Lists.copy(softprompts);
        priorityUsernames = Lists.copy(priorityUsernames);
        Bounds.check("amount", amount, 1, 20);
        Bounds.check("threads", threads, 1, 50);
    }
}
