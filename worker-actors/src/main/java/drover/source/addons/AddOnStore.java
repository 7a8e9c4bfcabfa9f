package drover.source.addons;

import drover.diffusion.TextualInversion;
import drover.rules.RulesActor;
import drover.source.models.Baseline;
import drover.weights.Lora;
import drover.weights.WeightsException;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * Gets LoRAs or textual inversions for jobs, before they need a GPU and beside those that have one. Asked for again they
 * are on disk. What to do is {@link AddOnShelf}'s; this actor looks up, downloads, deletes and answers, and never blocks.
 * If it fails it begins anew by itself, and what it has promised holds.
 */
public final class AddOnStore {
    /** What the store understands. */
    public sealed interface Command {}

    /**
     * Have it on disk, and say where. One answer follows.
     *
     * @param nsfw whether the worker takes what is not safe for work
     * @param answerBy when the answer is there at the latest; after that nothing is given
     * @param until the end of the job's time: until then, or until {@link Release}, the file stays
     * @param replyTo gets a {@link Reply}
     */
    public record Get(AddOnName name, boolean nsfw, Instant answerBy, Instant until, ActorRef<Reply> replyTo)
            implements Command {}

    /** The job needs the file no more. */
    public record Release(Lease lease) implements Command {}

    /** A job that an earlier process has prepared needs this file until then at the latest. */
    public record Keep(Path file, Instant until) implements Command {}

    /** Go by these settings from now on; the folder stays. */
    public record Reconfigure(AddOnSettings settings) implements Command {}

    /** Asks how the store is doing. */
    public record GetStatus(ActorRef<AddOnStatus> replyTo) implements Command {}

    record Stocked(AddOnFolder.Contents contents) implements Command {}

    record Found(AddOnName name, AddOnSite.Found found) implements Command {}

    record Advanced(AddOnVersion version, int step) implements Command {}

    record Fetched(AddOnVersion version, AddOnSite.Fetched fetched) implements Command {}

    record Looked(Get get, Reply.Ready ready, boolean there) implements Command {}

    record Deleted(long version, Optional<String> problem) implements Command {}

    record Written(Optional<String> problem) implements Command {}

    enum Timer implements Command {
        WAKE,
        SAVE
    }

    /** That a job needs a file. */
    public record Lease(AddOn kind, long number) {}

    /** Answers. */
    public sealed interface Reply {
        /** What was asked for. */
        AddOnName name();

        /**
         * It is on disk.
         *
         * @param lease to be given back when the job is over
         * @param path of a safetensors file
         * @param baseModel what it is for, in its site's words, such as {@code SD 1.5}
         * @param triggerWords that call what it has learned; see {@link TriggerWords}
         * @param nsfw whether its site says that it is not safe for work
         * @param titles what else it is called: its site's name for it, the numbers of the model and of the version
         */
        record Ready(
                AddOnName name,
                Lease lease,
                Path path,
                String baseModel,
                List<String> triggerWords,
                boolean nsfw,
                List<String> titles)
                implements Reply {
            public Ready {
                triggerWords = List.copyOf(triggerWords);
                titles = List.copyOf(titles);
            }

            /** Whether it may be for models of this family; if not, the job is done without it. May block. */
            public boolean fits(Baseline baseline) {
                return AddOnBase.fits(baseModel, baseline)
                        && switch (lease.kind()) {
                            case LORA -> hasMatricesFor(baseline);
                            case TEXTUAL_INVERSION -> hasVectorsFor(baseline);
                        };
            }

            private boolean hasMatricesFor(Baseline baseline) {
                try {
                    Lora.Outline outline = Lora.outline(path);
                    return outline.plain() && AddOnBase.fits(outline.contextWidth(), baseline);
                } catch (WeightsException e) {
                    return true; // Whoever loads it says what is wrong with it.
                }
            }

            private boolean hasVectorsFor(Baseline baseline) {
                try {
                    return AddOnBase.fits(TextualInversion.widths(path), baseline);
                } catch (WeightsException e) {
                    return false; // It was one when it was downloaded; somebody else has had their hands on it.
                }
            }
        }

        /** It is not to be had; the job is done without it. */
        record Unavailable(AddOnName name, AddOnProblem problem, String message) implements Reply {}
    }

    private AddOnStore() {}

    /**
     * A store that asks CivitAI.
     *
     * @param system whose threads and connections it uses
     * @param random for jitter; to be safe for use by many threads
     */
    public static Behavior<Command> create(
            ClassicActorSystemProvider system,
            AddOnSettings settings,
            InstantSource clock,
            RandomGenerator random,
            MeterRegistry meters) {
        return create(settings, new CivitAi(system, settings, clock, random), clock, meters);
    }

    static Behavior<Command> create(AddOnSettings settings, AddOnSite site, InstantSource clock, MeterRegistry meters) {
        return Behaviors.setup(_ -> {
            AddOnMemory memory = new AddOnMemory(settings);
            AddOnFigures figures = new AddOnFigures(settings.kind(), meters);
            return Behaviors.supervise(RulesActor.<Command>create(
                            AddOnStore.class, around -> new AddOnLife(around, memory, figures, site, clock)))
                    .onFailure(SupervisorStrategy.restart());
        });
    }
}
