package drover.source.loras;

import drover.horde.GenMetadata;
import drover.rules.RulesActor;
import drover.source.models.Baseline;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;

/**
 * Gets LoRA files for jobs, before they need a GPU and beside those that have one. Asked for again it is on disk. What to
 * do is {@link LoraShelf}'s; this actor looks up, downloads, deletes and answers, and never blocks.
 */
public final class LoraStore {
    /** What the store understands. */
    public sealed interface Command {}

    /**
     * Have it on disk, and say where. One answer follows, at the latest when the time is over.
     *
     * @param nsfw whether the worker takes what is not safe for work
     * @param until the end of the job's time: until then, or until {@link Release}, the file stays
     * @param replyTo gets a {@link Reply}
     */
    public record Get(LoraName name, boolean nsfw, Instant until, ActorRef<Reply> replyTo) implements Command {}

    /** The job needs the file no more. */
    public record Release(Lease lease) implements Command {}

    /** Go by these settings from now on; the folder stays. */
    public record Reconfigure(LoraSettings settings) implements Command {}

    record Stocked(LoraFolder.Contents contents) implements Command {}

    record Found(LoraName name, LoraSite.Found found) implements Command {}

    record Advanced(LoraVersion version, int step) implements Command {}

    record Fetched(LoraVersion version, LoraSite.Fetched fetched) implements Command {}

    record Looked(Get get, Reply.Ready ready, boolean there) implements Command {}

    record Deleted(long version, Optional<String> problem) implements Command {}

    record Written(Optional<String> problem) implements Command {}

    enum Timer implements Command {
        WAKE,
        SAVE
    }

    /** That a job needs a file. */
    public record Lease(long number) {}

    /** Answers. */
    public sealed interface Reply {
        /** What was asked for. */
        LoraName name();

        /**
         * It is on disk.
         *
         * @param lease to be given back when the job is over
         * @param path of a safetensors file
         * @param baseModel what it is for, in its site's words, such as {@code SD 1.5}
         * @param triggerWords that call what it has learned; see {@link TriggerWords}
         * @param nsfw whether its site says that it is not safe for work
         */
        record Ready(LoraName name, Lease lease, Path path, String baseModel, List<String> triggerWords, boolean nsfw)
                implements Reply {
            public Ready {
                triggerWords = List.copyOf(triggerWords);
            }

            /** What to tell the Horde if it does not fit a model of this family; the job is done without it. */
            public Optional<GenMetadata> mismatch(Baseline baseline) {
                return LoraBase.fits(baseModel, baseline)
                        ? Optional.empty()
                        : Optional.of(GenMetadata.loraBaselineMismatch(name.text()));
            }
        }

        /** It is not to be had; the job is done without it. */
        record Unavailable(LoraName name, LoraProblem problem, String message) implements Reply {
            /** What to tell the Horde. */
            public GenMetadata metadata() {
                return GenMetadata.loraDownloadFailed(name.text());
            }
        }
    }

    private LoraStore() {}

    /**
     * A store that asks CivitAI.
     *
     * @param system whose threads and connections it uses
     * @param random for jitter; to be safe for use by many threads
     */
    public static Behavior<Command> create(
            ClassicActorSystemProvider system, LoraSettings settings, InstantSource clock, RandomGenerator random) {
        return create(settings, new CivitAi(system, settings, clock, random), clock);
    }

    static Behavior<Command> create(LoraSettings settings, LoraSite site, InstantSource clock) {
        return RulesActor.create(LoraStore.class, around -> new LoraLife(around, settings, site, clock));
    }
}
