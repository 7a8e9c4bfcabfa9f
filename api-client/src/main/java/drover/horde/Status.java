package drover.horde;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Optional;

/** What the Horde says about itself. */
public final class Status {
    private Status() {}

    /** Of what a queue is. */
    public enum QueueType {
        IMAGE,
        TEXT
    }

    /** Which models. */
    public enum ModelState {
        KNOWN,
        CUSTOM,
        ALL
    }

    /**
     * One node of the server. It says nothing about workers.
     *
     * @param message {@code OK}, {@code DOWN} or {@code OVERLOADED}
     * @param version of the server
     * @param queue requests that wait for a thread
     * @param threads it has
     * @param activeCount requests it works on
     * @param dbConnection whether it reaches its database
     */
    public record Heartbeat(
            String message,
            Optional<String> version,
            Optional<Integer> queue,
            Optional<Integer> threads,
            Optional<Integer> activeCount,
            Optional<Boolean> dbConnection) {}

    /**
     * Whether the Horde is as usual.
     *
     * @param maintenanceMode takes no new requests
     * @param inviteOnlyMode takes no new workers
     * @param raidMode on its guard; only its people see that
     */
    public record Modes(boolean maintenanceMode, boolean inviteOnlyMode, Optional<Boolean> raidMode) {}

    /**
     * A model's queue.
     *
     * @param name of the model
     * @param count workers that offer it
     * @param performance of these, things a second
     * @param queued things that wait: megapixel steps of pictures, tokens of texts
     * @param jobs that wait
     * @param eta seconds until they are done
     * @param type {@code image} or {@code text}
     */
    public record ModelQueue(
            String name,
            Optional<Integer> count,
            Optional<Double> performance,
            Optional<Double> queued,
            Optional<Double> jobs,
            Optional<Double> eta,
            Optional<String> type) {}

    /**
     * The Horde's load.
     *
     * @param queuedRequests pictures that wait
     * @param queuedTextRequests texts that wait
     * @param workerCount image workers
     * @param textWorkerCount text workers
     * @param threadCount their jobs at a time
     * @param textThreadCount their jobs at a time
     * @param queuedMegapixelsteps that wait
     * @param pastMinuteMegapixelsteps done
     * @param queuedForms that wait
     * @param interrogatorCount alchemists
     * @param interrogatorThreadCount their forms at a time
     * @param queuedTokens that wait
     * @param pastMinuteTokens done
     */
    public record Performance(
            Optional<Integer> queuedRequests,
            Optional<Integer> queuedTextRequests,
            Optional<Integer> workerCount,
            Optional<Integer> textWorkerCount,
            Optional<Integer> threadCount,
            Optional<Integer> textThreadCount,
            Optional<Double> queuedMegapixelsteps,
            Optional<Double> pastMinuteMegapixelsteps,
            Optional<Double> queuedForms,
            Optional<Integer> interrogatorCount,
            Optional<Integer> interrogatorThreadCount,
            Optional<Double> queuedTokens,
            Optional<Double> pastMinuteTokens) {}

    /**
     * How often each image model was used.
     *
     * @param day by model
     * @param month by model
     * @param total by model
     */
    public record ModelUse(
            Optional<Map<String, Long>> day, Optional<Map<String, Long>> month, Optional<Map<String, Long>> total) {}

    /**
     * Something new.
     *
     * @param datePublished such as {@code 2026-01-31}
     * @param newspiece the text, in Markdown
     * @param title its title
     * @param importance such as {@code Information}
     * @param tags what it is about
     * @param moreInfoUrls where to read on
     */
    public record News(
            Optional<String> datePublished,
            String newspiece,
            Optional<String> title,
            Optional<String> importance,
            Optional<JsonNode> tags,
            Optional<JsonNode> moreInfoUrls) {}
}
