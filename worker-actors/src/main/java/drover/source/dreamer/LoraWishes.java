package drover.source.dreamer;

import drover.horde.GenMetadata;
import drover.horde.ImageJob;
import drover.horde.ImagePayload;
import drover.inference.LoraUse;
import drover.source.loras.LoraName;
import drover.source.loras.LoraStore;
import drover.source.loras.TriggerWords;
import drover.source.models.Baseline;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Scheduler;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** Gets the LoRAs that a job asks for, all at once, and finds out what of them it can have. */
final class LoraWishes {
    private final ActorRef<LoraStore.Command> store;
    private final Scheduler scheduler;
    private final Path folder;

    /**
     * With this store.
     *
     * @param folder to which the engine's names of LoRAs are relative
     */
    LoraWishes(ActorRef<LoraStore.Command> store, Scheduler scheduler, Path folder) {
        this.store = store;
        this.scheduler = scheduler;
        this.folder = folder;
    }

    /**
     * What a job gets.
     *
     * @param triggers to be put in front of its prompt
     * @param remarks on those that it does not get
     */
    record Granted(
            List<LoraUse> loras, List<String> triggers, List<GenMetadata> remarks, List<LoraStore.Lease> leases) {}

    private record Answered(ImagePayload.Lora lora, Optional<LoraStore.Reply> reply) {}

    /**
     * Asks for them.
     *
     * @param nsfw whether the worker takes what is not safe for work
     * @param patience how long the job can wait
     * @param until the end of its time
     */
    CompletionStage<Granted> grant(ImageJob job, Baseline baseline, boolean nsfw, Duration patience, Instant until) {
        List<CompletableFuture<Answered>> asked = job.payload().loras().stream()
                .map(lora -> AskPattern.<LoraStore.Command, LoraStore.Reply>ask(
                                store,
                                replyTo -> new LoraStore.Get(LoraName.of(lora), nsfw, until, replyTo),
                                patience,
                                scheduler)
                        .toCompletableFuture()
                        .handle((reply, _) -> new Answered(lora, Optional.ofNullable(reply))))
                .toList();
        return CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new))
                .thenApply(_ -> granted(
                        asked.stream().map(CompletableFuture::join).toList(),
                        baseline,
                        job.seed().orElse(0)));
    }

    private Granted granted(List<Answered> answers, Baseline baseline, long seed) {
        List<LoraUse> loras = new ArrayList<>();
        List<String> triggers = new ArrayList<>();
        List<GenMetadata> remarks = new ArrayList<>();
        List<LoraStore.Lease> leases = new ArrayList<>();
        Random random = new Random(seed);
        for (Answered answered : answers) {
            ImagePayload.Lora lora = answered.lora();
            switch (answered.reply().orElse(null)) {
                case LoraStore.Reply.Ready ready -> {
                    leases.add(ready.lease());
                    Optional<GenMetadata> mismatch = ready.mismatch(baseline);
                    mismatch.ifPresent(remarks::add);
                    if (mismatch.isEmpty()) {
                        loras.add(new LoraUse(
                                folder.relativize(ready.path()).toString(), weight(lora.model()), weight(lora.clip())));
                        lora.injectTrigger()
                                .flatMap(wanted -> TriggerWords.choose(ready.triggerWords(), wanted, random))
                                .ifPresent(triggers::add);
                    }
                }
                case LoraStore.Reply.Unavailable gone -> remarks.add(gone.metadata());
                case null -> remarks.add(GenMetadata.loraDownloadFailed(lora.name()));
            }
        }
        return new Granted(loras, triggers, remarks, leases);
    }

    private static double weight(Optional<Double> asked) {
        return Math.clamp(asked.filter(Double::isFinite).orElse(1.0), -LoraUse.LIMIT, LoraUse.LIMIT);
    }

    void release(LoraStore.Lease lease) {
        store.tell(new LoraStore.Release(lease));
    }
}
