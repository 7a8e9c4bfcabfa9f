package drover.source.addons;

import drover.rules.Rules;
import drover.rules.Surroundings;
import drover.source.addons.AddOnShelf.Action;
import drover.source.addons.AddOnStore.Command;
import drover.source.addons.AddOnStore.Timer;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What {@link AddOnStore} does; its messages are described there. */
final class AddOnLife implements Rules<Command> {
    /** After so long nobody needs a download for the job that it was begun for; the next one may. */
    private static final Duration FETCH_LIMIT = Duration.ofMinutes(15);

    private static final Duration LOOK_LIMIT = Duration.ofMinutes(1);

    /** How long it may take until it is on disk when a file was last used. */
    private static final Duration SAVE_DELAY = Duration.ofSeconds(30);

    private final Surroundings<Command> around;
    private final AddOnFolder folder;
    private final AddOnSite site;
    private final InstantSource clock;
    private final AddOnShelf shelf;
    private final List<AddOnStore.Get> early = new ArrayList<>();
    private final AddOnMemory memory;
    private final AddOnFigures figures;
    private boolean stocked;
    private boolean writing;
    private boolean unwritten;
    private Optional<Instant> wakeAt = Optional.empty();

    /** With what a predecessor has left, if there was one. */
    AddOnLife(
            Surroundings<Command> around,
            AddOnMemory memory,
            AddOnFigures figures,
            AddOnSite site,
            InstantSource clock) {
        this.around = around;
        this.memory = memory;
        this.figures = figures;
        this.site = site;
        this.clock = clock;
        this.folder = new AddOnFolder(memory.settings());
        this.shelf = new AddOnShelf(memory.settings(), memory.leases(), memory.fetching());
        Instant now = clock.instant();
        Set<Long> coming = memory.fetchingVersions();
        around.pipe(
                memory.quiet().thenApplyAsync(_ -> folder.open(now, coming), around.blocking()),
                (contents, failure) -> new AddOnStore.Stocked(
                        contents != null ? contents : AddOnFolder.Contents.nothing(String.valueOf(failure))));
    }

    @Override
    public boolean hear(Command command) {
        Instant now = clock.instant();
        List<Action> actions = new ArrayList<>();
        switch (command) {
            case AddOnStore.Get get -> {
                if (stocked) {
                    shelf.get(get, now, actions);
                } else {
                    early.add(get);
                }
            }
            case AddOnStore.Release it -> shelf.release(it.lease(), now, actions);
            case AddOnStore.Keep it ->
                folder.version(it.file()).ifPresent(version -> memory.leases().give(version, it.until()));
            case AddOnStore.GetStatus it -> it.replyTo().tell(figures.present(shelf, memory.settings()));
            case AddOnStore.Reconfigure it -> {
                memory.use(it.settings());
                shelf.reconfigure(it.settings(), actions);
            }
            case AddOnStore.Stocked it -> onStocked(it.contents(), now, actions);
            case AddOnStore.Found it -> {
                if (it.found() instanceof AddOnSite.Found.Not(AddOnProblem problem, String message)) {
                    figures.notFound(problem);
                    around.log()
                            .info(
                                    "the {} {} is not to be had: {}",
                                    words(),
                                    it.name().text(),
                                    message);
                }
                shelf.found(it.name(), it.found(), now, actions);
            }
            case AddOnStore.Advanced it ->
                around.log().debug("{} of 20 steps of {} are here", it.step(), shown(it.version()));
            case AddOnStore.Fetched it -> onFetched(it, now, actions);
            case AddOnStore.Looked it -> {
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
            case AddOnStore.Deleted it -> {
                it.problem().ifPresent(problem -> around.log().warn("a {} could not be deleted: {}", words(), problem));
                shelf.deleted(it.version(), now, actions);
            }
            case AddOnStore.Written it -> {
                writing = false;
                it.problem()
                        .ifPresent(problem -> around.log().warn("the list of {}s is not kept: {}", words(), problem));
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
        figures.present(shelf, memory.settings());
        return true;
    }

    private void onStocked(AddOnFolder.Contents contents, Instant now, List<Action> actions) {
        contents.trouble().ifPresent(trouble -> around.log().warn("{}", trouble));
        shelf.stock(contents.loras(), contents.names());
        stocked = true;
        shelf.reconfigure(memory.settings(), actions);
        early.forEach(get -> shelf.get(get, now, actions));
        early.clear();
    }

    private void onFetched(AddOnStore.Fetched it, Instant now, List<Action> actions) {
        memory.ended(it.version());
        switch (it.fetched()) {
            case AddOnSite.Fetched.Here(long bytes, String sha256) -> {
                figures.downloaded(bytes);
                around.log().info("{} is here, {} bytes", shown(it.version()), bytes);
            }
            case AddOnSite.Fetched.Not(AddOnProblem problem, String message) -> {
                figures.failed(problem);
                around.log().warn("{} is not to be had: {}", shown(it.version()), message);
            }
        }
        shelf.fetched(it.version().version(), it.fetched(), now, actions);
    }

    private String words() {
        return memory.settings().kind().words();
    }

    private String shown(AddOnVersion version) {
        return "the " + words() + " \"" + version.name() + "\" (version " + version.version() + ")";
    }

    private void carryOut(Action action, Instant now) {
        switch (action) {
            case Action.LookUp(AddOnName name) ->
                around.pipe(
                        site.find(name, memory.settings(), now.plus(LOOK_LIMIT)),
                        (found, failure) -> new AddOnStore.Found(
                                name,
                                found != null
                                        ? found
                                        : new AddOnSite.Found.Not(AddOnProblem.UNREACHABLE, String.valueOf(failure))));
            case Action.Fetch(AddOnVersion version) -> {
                CompletionStage<AddOnSite.Fetched> download = site.fetch(
                        version,
                        folder.file(version.version()),
                        memory.settings(),
                        now.plus(FETCH_LIMIT),
                        step -> around.self().tell(new AddOnStore.Advanced(version, step)));
                memory.begun(version);
                around.pipe(
                        download,
                        (fetched, failure) -> new AddOnStore.Fetched(
                                version,
                                fetched != null
                                        ? fetched
                                        : new AddOnSite.Fetched.Not(
                                                AddOnProblem.UNREACHABLE, String.valueOf(failure))));
            }
            case Action.Delete(long version) -> {
                figures.evicted();
                around.pipe(
                        onDisk(() -> folder.delete(version)),
                        (problem, failure) -> new AddOnStore.Deleted(
                                version, failure == null ? problem : Optional.of(failure.toString())));
            }
            case Action.Answer(AddOnStore.Get get, AddOnStore.Reply.Ready ready) ->
                around.pipe(
                        CompletableFuture.supplyAsync(() -> Files.isRegularFile(ready.path()), around.blocking()),
                        (there, failure) -> new AddOnStore.Looked(get, ready, failure == null && there));
            case Action.Answer(AddOnStore.Get get, AddOnStore.Reply.Unavailable reply) ->
                get.replyTo().tell(reply);
        }
    }

    /** One writing at a time, so that the last one is the last. */
    private void save() {
        unwritten |= shelf.takeChanged();
        if (unwritten && stocked && !writing) {
            unwritten = false;
            writing = true;
            AddOnFolder.Contents contents = new AddOnFolder.Contents(shelf.kept(), shelf.meanings(), Optional.empty());
            around.pipe(
                    onDisk(() -> folder.write(contents)),
                    (problem, failure) ->
                            new AddOnStore.Written(failure == null ? problem : Optional.of(failure.toString())));
        } else if (shelf.takeTouched() && !around.timers().isTimerActive(Timer.SAVE)) {
            around.timers().startSingleTimer(Timer.SAVE, Timer.SAVE, SAVE_DELAY);
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    /** Gives what went wrong. */
    private CompletableFuture<Optional<String>> onDisk(Work work) {
        CompletableFuture<Optional<String>> done = CompletableFuture.supplyAsync(
                () -> {
                    try {
                        work.run();
                        return Optional.empty();
                    } catch (IOException e) {
                        return Optional.of(e.toString());
                    }
                },
                around.blocking());
        memory.working(done);
        return done;
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
