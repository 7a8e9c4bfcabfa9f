package drover.source.loras;

import drover.rules.Rules;
import drover.rules.Surroundings;
import drover.source.loras.LoraShelf.Action;
import drover.source.loras.LoraStore.Command;
import drover.source.loras.LoraStore.Timer;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** What {@link LoraStore} does; its messages are described there. */
final class LoraLife implements Rules<Command> {
    /** After so long nobody needs a download for the job that it was begun for; the next one may. */
    private static final Duration FETCH_LIMIT = Duration.ofMinutes(15);

    private static final Duration LOOK_LIMIT = Duration.ofMinutes(1);

    /** How long it may take until it is on disk when a file was last used. */
    private static final Duration SAVE_DELAY = Duration.ofSeconds(30);

    private final Surroundings<Command> around;
    private final LoraFolder folder;
    private final LoraSite site;
    private final InstantSource clock;
    private final LoraShelf shelf;
    private final List<LoraStore.Get> early = new ArrayList<>();
    private LoraSettings settings;
    private boolean stocked;
    private boolean writing;
    private boolean unwritten;
    private Optional<Instant> wakeAt = Optional.empty();

    LoraLife(Surroundings<Command> around, LoraSettings settings, LoraSite site, InstantSource clock) {
        this.around = around;
        this.settings = settings;
        this.site = site;
        this.clock = clock;
        this.folder = new LoraFolder(settings.folder());
        this.shelf = new LoraShelf(settings);
        Instant now = clock.instant();
        around.pipe(
                CompletableFuture.supplyAsync(() -> folder.open(now), around.blocking()),
                (contents, failure) -> new LoraStore.Stocked(
                        contents != null ? contents : LoraFolder.Contents.nothing(String.valueOf(failure))));
    }

    @Override
    public boolean hear(Command command) {
        Instant now = clock.instant();
        List<Action> actions = new ArrayList<>();
        switch (command) {
            case LoraStore.Get get -> {
                if (stocked) {
                    shelf.get(get, now, actions);
                } else {
                    early.add(get);
                }
            }
            case LoraStore.Release it -> shelf.release(it.lease(), now, actions);
            case LoraStore.Reconfigure it -> {
                settings = it.settings();
                shelf.reconfigure(it.settings(), actions);
            }
            case LoraStore.Stocked it -> onStocked(it.contents(), now, actions);
            case LoraStore.Found it -> {
                if (it.found() instanceof LoraSite.Found.Not(LoraProblem problem, String message)) {
                    around.log()
                            .info("the LoRA {} is not to be had: {}", it.name().text(), message);
                }
                shelf.found(it.name(), it.found(), now, actions);
            }
            case LoraStore.Advanced it ->
                around.log().debug("{} of 20 steps of {} are here", it.step(), shown(it.version()));
            case LoraStore.Fetched it -> onFetched(it, now, actions);
            case LoraStore.Looked it -> {
                if (it.there()) {
                    it.get().replyTo().tell(it.ready());
                } else {
                    around.log()
                            .warn(
                                    "{} has been deleted by somebody else",
                                    it.ready().path());
                    shelf.lost(it.ready().lease());
                    shelf.get(it.get(), now, actions);
                }
            }
            case LoraStore.Deleted it -> {
                it.problem().ifPresent(problem -> around.log().warn("a LoRA could not be deleted: {}", problem));
                shelf.deleted(it.version(), now, actions);
            }
            case LoraStore.Written it -> {
                writing = false;
                it.problem().ifPresent(problem -> around.log().warn("the list of LoRAs is not kept: {}", problem));
            }
            case Timer.WAKE -> {
                wakeAt = Optional.empty();
                shelf.wake(now, actions);
            }
            case Timer.SAVE -> unwritten = true;
        }
        actions.forEach(action -> carryOut(action, now));
        save();
        scheduleWake(now);
        return true;
    }

    private void onStocked(LoraFolder.Contents contents, Instant now, List<Action> actions) {
        contents.trouble().ifPresent(trouble -> around.log().warn("{}", trouble));
        shelf.stock(contents.loras(), contents.names());
        stocked = true;
        shelf.reconfigure(settings, actions);
        early.forEach(get -> shelf.get(get, now, actions));
        early.clear();
    }

    private void onFetched(LoraStore.Fetched it, Instant now, List<Action> actions) {
        switch (it.fetched()) {
            case LoraSite.Fetched.Here(long bytes, String sha256) ->
                around.log().info("{} is here, {} bytes", shown(it.version()), bytes);
            case LoraSite.Fetched.Not(LoraProblem problem, String message) ->
                around.log().warn("{} is not to be had: {}", shown(it.version()), message);
        }
        shelf.fetched(it.version().version(), it.fetched(), now, actions);
    }

    private static String shown(LoraVersion version) {
        return "the LoRA \"" + version.name() + "\" (version " + version.version() + ")";
    }

    private void carryOut(Action action, Instant now) {
        switch (action) {
            case Action.LookUp(LoraName name) ->
                around.pipe(
                        site.find(name, settings, now.plus(LOOK_LIMIT)),
                        (found, failure) -> new LoraStore.Found(
                                name,
                                found != null
                                        ? found
                                        : new LoraSite.Found.Not(LoraProblem.UNREACHABLE, String.valueOf(failure))));
            case Action.Fetch(LoraVersion version) ->
                around.pipe(
                        site.fetch(
                                version,
                                folder.file(version.version()),
                                settings,
                                now.plus(FETCH_LIMIT),
                                step -> around.self().tell(new LoraStore.Advanced(version, step))),
                        (fetched, failure) -> new LoraStore.Fetched(
                                version,
                                fetched != null
                                        ? fetched
                                        : new LoraSite.Fetched.Not(LoraProblem.UNREACHABLE, String.valueOf(failure))));
            case Action.Delete(long version) ->
                around.pipe(
                        onDisk(() -> folder.delete(version)),
                        (problem, failure) -> new LoraStore.Deleted(
                                version, failure == null ? problem : Optional.of(failure.toString())));
            case Action.Answer(LoraStore.Get get, LoraStore.Reply.Ready ready) ->
                around.pipe(
                        CompletableFuture.supplyAsync(() -> Files.isRegularFile(ready.path()), around.blocking()),
                        (there, failure) -> new LoraStore.Looked(get, ready, failure == null && there));
            case Action.Answer(LoraStore.Get get, LoraStore.Reply.Unavailable reply) ->
                get.replyTo().tell(reply);
        }
    }

    /** One writing at a time, so that the last one is the last. */
    private void save() {
        unwritten |= shelf.takeChanged();
        if (unwritten && stocked && !writing) {
            unwritten = false;
            writing = true;
            LoraFolder.Contents contents = new LoraFolder.Contents(shelf.kept(), shelf.meanings(), Optional.empty());
            around.pipe(
                    onDisk(() -> folder.write(contents)),
                    (problem, failure) ->
                            new LoraStore.Written(failure == null ? problem : Optional.of(failure.toString())));
        } else if (shelf.takeTouched() && !around.timers().isTimerActive(Timer.SAVE)) {
            around.timers().startSingleTimer(Timer.SAVE, Timer.SAVE, SAVE_DELAY);
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    /** Gives what went wrong. */
    private CompletableFuture<Optional<String>> onDisk(Work work) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        work.run();
                        return Optional.empty();
                    } catch (IOException e) {
                        return Optional.of(e.toString());
                    }
                },
                around.blocking());
    }

    private void scheduleWake(Instant now) {
        Optional<Instant> next = shelf.nextWake();
        if (!next.equals(wakeAt)) {
            wakeAt = next;
            next.ifPresentOrElse(
                    at -> {
                        Duration wait = Duration.between(now, at);
                        around.timers()
                                .startSingleTimer(Timer.WAKE, Timer.WAKE, wait.isNegative() ? Duration.ZERO : wait);
                    },
                    () -> around.timers().cancel(Timer.WAKE));
        }
    }
}
