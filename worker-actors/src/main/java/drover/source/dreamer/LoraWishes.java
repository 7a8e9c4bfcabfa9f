package drover.source.dreamer;

import drover.diffusion.TextualInversion;
import drover.horde.GenMetadata;
import drover.horde.ImageJob;
import drover.horde.ImagePayload;
import drover.inference.ImageRequest;
import drover.inference.LoraUse;
import drover.source.addons.AddOn;
import drover.source.addons.AddOnName;
import drover.source.addons.AddOnStore;
import drover.source.addons.TriggerWords;
import drover.source.models.Baseline;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Scheduler;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** Gets the LoRAs and textual inversions that a job asks for, all at once, and finds out what of them it can have. */
final class LoraWishes {
    /** The Horde's own limits; what is beyond is left out, and said. */
    private static final int MOST_LORAS = 5;

    private static final int MOST_INVERSIONS = 20;
    private static final double STRONGEST_INVERSION = 5;
    private static final String WEIGHTS = ".safetensors";
    /** A store answers in time by itself; this is for words that are lost. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private final Shop loras;
    private final Shop inversions;
    private final Scheduler scheduler;
    private final Executor blocking;

    /**
     * Where files of one kind come from.
     *
     * @param folder to which the engine's names of them are relative
     */
    record Shop(ActorRef<AddOnStore.Command> store, Path folder) {
        private String nameOf(Path file) {
            return folder.relativize(file).toString();
        }

        private void keep(String name, Instant until) {
            store.tell(new AddOnStore.Keep(folder.resolve(name), until));
        }
    }

    LoraWishes(Shop loras, Shop inversions, Scheduler scheduler, Executor blocking) {
        this.loras = loras;
        this.inversions = inversions;
        this.scheduler = scheduler;
        this.blocking = blocking;
    }

    /**
     * What a job gets.
     *
     * @param triggers to be put in front of its prompt
     * @param remarks on those that it does not get
     */
    record Granted(
            List<LoraUse> loras,
            List<String> triggers,
            Inversions inversions,
            List<GenMetadata> remarks,
            List<AddOnStore.Lease> leases) {}

    /** What a job asks for. */
    private sealed interface Wish {
        AddOn kind();

        AddOnName name();

        record ForLora(ImagePayload.Lora lora) implements Wish {
            @Override
            public AddOn kind() {
                return AddOn.LORA;
            }

            @Override
            public AddOnName name() {
                return AddOnName.of(lora);
            }
        }

        record ForInversion(ImagePayload.TextualInversion inversion) implements Wish {
            @Override
            public AddOn kind() {
                return AddOn.TEXTUAL_INVERSION;
            }

            @Override
            public AddOnName name() {
                return new AddOnName(inversion.name(), false);
            }
        }
    }

    private record Answered(Wish wish, Optional<AddOnStore.Reply> reply) {}

    /**
     * Asks for them.
     *
     * @param nsfw whether the worker takes what is not safe for work
     * @param patience how long the job can wait
     * @param now the present time
     * @param until the end of its time
     */
    CompletionStage<Granted> grant(
            ImageJob job, Baseline baseline, boolean nsfw, Duration patience, Instant now, Instant until) {
        List<CompletableFuture<Answered>> asked = Stream.concat(
                        job.payload().loras().stream().limit(MOST_LORAS).<Wish>map(Wish.ForLora::new),
                        job.payload().tis().stream().limit(MOST_INVERSIONS).<Wish>map(Wish.ForInversion::new))
                .map(wish -> AskPattern.<AddOnStore.Command, AddOnStore.Reply>ask(
                                shop(wish.kind()).store(),
                                replyTo -> new AddOnStore.Get(wish.name(), nsfw, now.plus(patience), until, replyTo),
                                patience.plus(GRACE),
                                scheduler)
                        .toCompletableFuture()
                        .handle((reply, _) -> new Answered(wish, Optional.ofNullable(reply))))
                .toList();
        return CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new))
                .thenApplyAsync(
                        _ -> granted(asked.stream().map(CompletableFuture::join).toList(), baseline, job), blocking);
    }

    private Shop shop(AddOn kind) {
        return switch (kind) {
            case LORA -> loras;
            case TEXTUAL_INVERSION -> inversions;
        };
    }

    private Granted granted(List<Answered> answers, Baseline baseline, ImageJob job) {
        List<LoraUse> uses = new ArrayList<>();
        List<String> triggers = new ArrayList<>();
        List<Inversions.One> words = new ArrayList<>();
        List<GenMetadata> remarks = new ArrayList<>();
        List<AddOnStore.Lease> leases = new ArrayList<>();
        Random random = new Random(job.seedToUse());
        for (Answered answered : answers) {
            Wish wish = answered.wish();
            String asked = wish.name().text();
            switch (answered.reply().orElse(null)) {
                case AddOnStore.Reply.Ready ready -> {
                    leases.add(ready.lease());
                    if (!ready.fits(baseline)) {
                        remarks.add(wish.kind().baselineMismatch(asked));
                        continue;
                    }
                    switch (wish) {
                        case Wish.ForLora(ImagePayload.Lora lora) -> {
                            uses.add(use(lora, ready));
                            lora.injectTrigger()
                                    .flatMap(wanted -> TriggerWords.choose(ready.triggerWords(), wanted, random))
                                    .ifPresent(triggers::add);
                        }
                        case Wish.ForInversion(ImagePayload.TextualInversion inversion) ->
                            words.add(one(inversion, ready));
                    }
                }
                case AddOnStore.Reply.Unavailable _ -> remarks.add(wish.kind().downloadFailed(asked));
                case null -> remarks.add(wish.kind().downloadFailed(asked));
            }
        }
        tooMany(job.payload(), remarks);
        return new Granted(uses, triggers, new Inversions(words), remarks, leases);
    }

    private static void tooMany(ImagePayload payload, List<GenMetadata> remarks) {
        payload.loras().stream().skip(MOST_LORAS).forEach(lora -> remarks.add(AddOn.LORA.downloadFailed(lora.name())));
        payload.tis().stream()
                .skip(MOST_INVERSIONS)
                .forEach(ti -> remarks.add(AddOn.TEXTUAL_INVERSION.downloadFailed(ti.name())));
    }

    private LoraUse use(ImagePayload.Lora lora, AddOnStore.Reply.Ready ready) {
        return new LoraUse(
                loras.nameOf(ready.path()), weight(lora.model(), LoraUse.LIMIT), weight(lora.clip(), LoraUse.LIMIT));
    }

    private Inversions.One one(ImagePayload.TextualInversion inversion, AddOnStore.Reply.Ready ready) {
        Set<String> names = new HashSet<>();
        names.add(Inversions.key(inversion.name()));
        ready.titles().forEach(title -> names.add(Inversions.key(title)));
        String file = inversions.nameOf(ready.path());
        return new Inversions.One(
                names,
                file.substring(0, file.length() - WEIGHTS.length()),
                inversion.injectTi().flatMap(Inversions.Place::of),
                weight(inversion.strength(), STRONGEST_INVERSION));
    }

    private static double weight(Optional<Double> asked, double most) {
        return Math.clamp(asked.filter(Double::isFinite).orElse(1.0), -most, most);
    }

    /** An earlier process has made this request; what it is made with stays until then. */
    void keep(ImageRequest request, Instant until) {
        request.features().loras().forEach(use -> loras.keep(use.file(), until));
        TextualInversion.mentioned(request.prompt() + "\n" + request.negativePrompt())
                .forEach(name -> inversions.keep(name + WEIGHTS, until));
    }

    void release(AddOnStore.Lease lease) {
        shop(lease.kind()).store().tell(new AddOnStore.Release(lease));
    }
}
