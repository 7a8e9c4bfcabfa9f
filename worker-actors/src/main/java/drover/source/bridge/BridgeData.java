package drover.source.bridge;

import drover.setting.Secret;
import java.net.URI;
import java.time.Duration;
import java.util.List;

/**
 * What an operator has set for one worker of the AI Horde, checked and complete.
 *
 * @param hordeUrl where the Horde is; its API is below
 * @param apiKey the account's key
 * @param workerName the worker's, unique among all workers of the Horde
 * @param priorityUsernames whose requests come first, each as {@code alias#id}
 * @param capacity how much it takes
 * @param models which models it offers
 * @param content what it draws
 * @param features what may be asked of it
 * @param loras what is kept of LoRA files
 * @param habits how it behaves otherwise
 * @param scribe for text jobs
 * @param alchemist for alchemy jobs
 */
public record BridgeData(
        URI hordeUrl,
        Secret apiKey,
        String workerName,
        List<String> priorityUsernames,
        Capacity capacity,
        Models models,
        Content content,
        Features features,
        Loras loras,
        Habits habits,
        Scribe scribe,
        Alchemist alchemist) {
    /** Pixels of one unit of {@code max_power}: 8 × 64 × 64. */
    public static final int PIXELS_PER_POWER = 8 * 64 * 64;

    public BridgeData {
        priorityUsernames = List.copyOf(priorityUsernames);
    }

    /** Whether there is a key of one's own; the Horde gives no work to workers without one. */
    public boolean hasAccount() {
        return apiKey.isSet() && !apiKey.reveal().equals(BridgeKinds.ANONYMOUS);
    }

    /** Whether the name is one's own, and not the one that the template came with. */
    public boolean hasName() {
        return !workerName.equals(BridgeKeys.NAMELESS_DREAMER) && !workerName.equals(BridgeKeys.WORKER_NAME.standard());
    }

    /** How eagerly work is taken. */
    public enum Performance {
        NORMAL(15, 30),
        MODERATE(60, 60),
        HIGH(80, 120);

        private final int pendingLimit;
        private final Duration patience;

        Performance(int pendingLimit, int patienceSeconds) {
            this.pendingLimit = pendingLimit;
            this.patience = Duration.ofSeconds(patienceSeconds);
        }

        /**
         * Effective megapixel-steps that may be pending before no more is taken ahead, while nobody knows how fast this
         * machine is; the existing worker's figures.
         */
        public int pendingLimit() {
            return pendingLimit;
        }

        /** How long a job that is taken ahead may have to wait for its turn, once that is known. */
        public Duration patience() {
            return patience;
        }
    }

    /**
     * How much the worker takes.
     *
     * @param threads jobs at a time, 1 to 16
     * @param queueSize jobs beyond those, 0 to 4
     * @param maxBatch pictures of one job, 1 to 20
     * @param maxPower 1 to 512, in units of {@link #PIXELS_PER_POWER}
     * @param performance how eagerly
     * @param extraSlow only jobs that can wait; three times the time
     * @param limitMaxSteps no jobs with more steps than usual
     * @param stickiness how often only models in memory are offered, 0 to 1
     */
    public record Capacity(
            int threads,
            int queueSize,
            int maxBatch,
            int maxPower,
            Performance performance,
            boolean extraSlow,
            boolean limitMaxSteps,
            double stickiness) {
        /** Pixels of the largest picture. */
        public int maxPixels() {
            return maxPower * PIXELS_PER_POWER;
        }
    }

    /**
     * Which models are offered. {@code drover.source.models} finds out what the entries mean.
     *
     * @param load names, and words such as {@code TOP 5}
     * @param skip the same, taken away from that
     * @param large whether such words include the very large models
     * @param custom models that the reference does not know
     */
    public record Models(List<String> load, List<String> skip, boolean large, List<CustomModel> custom) {
        public Models {
            load = List.copyOf(load);
            skip = List.copyOf(skip);
            custom = List.copyOf(custom);
        }
    }

    /**
     * What the worker draws.
     *
     * @param nsfw whether requests marked so are taken
     * @param censorNsfw whether what turns out so is replaced
     * @param censorlist words with which it is replaced in any case
     * @param blacklist words of prompts that are not taken; the server looks at the first 200, and 15 letters of each
     */
    public record Content(boolean nsfw, boolean censorNsfw, List<String> censorlist, List<String> blacklist) {
        public Content {
            censorlist = List.copyOf(censorlist);
            blacklist = List.copyOf(blacklist);
        }
    }

    /**
     * What may be asked of the worker.
     *
     * @param img2img with a source image
     * @param painting in- and outpainting
     * @param unsafeIp from users behind a VPN
     * @param postProcessing with upscalers, face fixers and the like
     * @param controlnet with ControlNet; only with {@code img2img}
     * @param sdxlControlnet with ControlNet for SDXL; only with {@code controlnet}
     * @param lora with LoRA
     * @param requireUpfrontKudos only by users who can pay at once
     */
    public record Features(
            boolean img2img,
            boolean painting,
            boolean unsafeIp,
            boolean postProcessing,
            boolean controlnet,
            boolean sdxlControlnet,
            boolean lora,
            boolean requireUpfrontKudos) {}

    /**
     * What is kept of LoRA files.
     *
     * @param cacheMebibytes how much; the key is in gigabytes, the environment variable in megabytes
     * @param minFreeMebibytes how much of the disk stays free
     * @param civitaiToken for files that need one; may be unset
     */
    public record Loras(long cacheMebibytes, long minFreeMebibytes, Secret civitaiToken) {}

    /**
     * How the worker behaves otherwise.
     *
     * @param statsEvery between two summaries in the log; zero for none
     * @param idleWarning how long it may have been without jobs before a warning; zero for none
     * @param suppressSpeedWarnings whether slow jobs pass without a word
     * @param removeMaintenanceOnInit whether maintenance is ended at the start
     * @param exitOnUnhandledFaults whether failures in a row end the worker instead of pausing it
     */
    public record Habits(
            Duration statsEvery,
            Duration idleWarning,
            boolean suppressSpeedWarnings,
            boolean removeMaintenanceOnInit,
            boolean exitOnUnhandledFaults) {}

    /**
     * For text jobs.
     *
     * @param name the worker's
     * @param maxLength tokens written
     * @param maxContextLength tokens read
     * @param branded whether the model is offered under the owner's name
     */
    public record Scribe(String name, int maxLength, int maxContextLength, boolean branded) {}

    /**
     * For alchemy jobs.
     *
     * @param name the worker's
     * @param forms what it does
     */
    public record Alchemist(String name, List<String> forms) {
        public Alchemist {
            forms = List.copyOf(forms);
        }
    }
}
