package drover.source.addons;

import drover.source.addons.AddOnStore.Get;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The rules of a store, without network, disk or clock: which names are looked up, what is downloaded, what is kept and
 * what has to go. Every method takes the present time and adds what is to be done. Not safe for use by several threads.
 *
 * <ul>
 *   <li>What is on disk is used before its site is asked, if the site was asked within {@link AddOnNames#TRUST}, and also
 *       later if it does not answer.
 *   <li>A name is looked up, and a file is downloaded, once for all who want it; so many files at a time as is set.
 *   <li>The least recently used files go, but none that a job in hand has been given, and none is downloaded before there
 *       is room for it.
 *   <li>What was refused is not asked for again within {@link AddOnNames#REFUSED_FOR}; what only failed, within
 *       {@link AddOnNames#FAILED_FOR}.
 * </ul>
 */
final class AddOnShelf {
    private AddOnSettings settings;
    private final AddOnNames names = new AddOnNames();
    private final Map<AddOnName, List<Get>> looking = new LinkedHashMap<>();
    private final Map<Long, Download> downloads = new LinkedHashMap<>();
    private final Deque<Download> line = new ArrayDeque<>();
    private final AddOnStock stock;
    private int running;

    /** What is to be done. */
    sealed interface Action {
        /** Ask the site what is meant. */
        record LookUp(AddOnName name) implements Action {}

        /** Download it. */
        record Fetch(AddOnVersion version) implements Action {}

        /** Delete its file, and say so when that is done. */
        record Delete(long version) implements Action {}

        /** Tell whoever asked. */
        record Answer(Get get, AddOnStore.Reply reply) implements Action {}
    }

    private static final class Download {
        private final AddOnVersion version;
        private final long reserved;
        private final List<Get> wants = new ArrayList<>();
        private boolean running;

        private Download(AddOnVersion version, long reserved) {
            this.version = version;
            this.reserved = reserved;
        }
    }

    /**
     * An empty shelf.
     *
     * @param leases what jobs in hand have been given
     * @param coming downloads that are running already
     */
    AddOnShelf(AddOnSettings settings, AddOnLeases leases, Collection<AddOnVersion> coming) {
        this.settings = settings;
        this.stock = new AddOnStock(leases);
        for (AddOnVersion version : coming) {
            Download download = new Download(version, version.bytes().orElse(settings.maxFileBytes()));
            download.running = true;
            downloads.put(version.version(), download);
            running++;
        }
    }

    /** What was found on disk. */
    void stock(Collection<KeptAddOn> found, Map<AddOnName, AddOnNames.Meaning> known) {
        stock.found(found);
        known.forEach((name, meaning) -> {
            if (stock.find(meaning.version()).isPresent()) {
                names.means(name, meaning);
            }
        });
    }

    /** Other settings; what is too much from now on goes. */
    void reconfigure(AddOnSettings next, List<Action> actions) {
        settings = next;
        makeRoom(0, actions);
    }

    // ---- what is wanted

    /** Somebody asks. */
    void get(Get want, Instant now, List<Action> actions) {
        AddOnName name = want.name();
        if (!name.isUsable()) {
            answerNot(
                    want,
                    AddOnProblem.NO_NAME,
                    "\"" + name.text() + "\" can be no " + settings.kind().words() + "'s name",
                    actions);
            return;
        }
        // A version never changes; what else a name means may.
        Optional<Long> version =
                name.isVersion() ? name.number().stream().boxed().findFirst() : names.meaning(name, now);
        if (version.isPresent()) {
            Optional<KeptAddOn> addOn = stock.find(version.get());
            Download download = downloads.get(version.get());
            if (addOn.isPresent()) {
                serve(want, addOn.get(), now, actions);
                return;
            }
            if (download != null && mayHave(want, download.version.nsfw())) {
                download.wants.add(want);
                return;
            }
        }
        Optional<AddOnNames.Refusal> refusal = names.refusal(name, want.nsfw(), now);
        if (refusal.isPresent()) {
            refuseOrMakeDo(want, refusal.get().problem(), refusal.get().message(), now, actions);
            return;
        }
        List<Get> others = looking.get(name);
        if (others != null) {
            others.add(want);
            return;
        }
        looking.put(name, new ArrayList<>(List.of(want)));
        actions.add(new Action.LookUp(name));
    }

    /** The site has said what is meant. */
    void found(AddOnName name, AddOnSite.Found found, Instant now, List<Action> actions) {
        List<Get> wants = looking.remove(name);
        if (wants == null) {
            return;
        }
        switch (found) {
            case AddOnSite.Found.Not(AddOnProblem problem, String message) -> {
                names.refused(name, problem, message, now);
                wants.forEach(want -> refuseOrMakeDo(want, problem, message, now, actions));
            }
            case AddOnSite.Found.Here(AddOnVersion version) -> {
                names.means(name, new AddOnNames.Meaning(version.version(), now));
                stock.change();
                Optional<KeptAddOn> addOn = stock.find(version.version());
                if (addOn.isPresent()) {
                    wants.forEach(want -> serve(want, addOn.get(), now, actions));
                } else {
                    order(name, version, wants, now, actions);
                }
            }
        }
    }

    private void order(AddOnName name, AddOnVersion version, List<Get> wants, Instant now, List<Action> actions) {
        List<Get> allowed = new ArrayList<>();
        for (Get want : wants) {
            if (mayHave(want, version.nsfw())) {
                allowed.add(want);
            } else {
                names.refused(name, AddOnProblem.NSFW, nsfw(version.name()), now);
                answerNot(want, AddOnProblem.NSFW, nsfw(version.name()), actions);
            }
        }
        if (allowed.isEmpty()) {
            return;
        }
        long bytes = version.bytes().orElse(settings.maxFileBytes());
        if (bytes > settings.maxFileBytes()) {
            String message = "\"" + version.name() + "\" has " + bytes + " bytes, and " + settings.maxFileBytes()
                    + " are taken at most";
            names.refused(name, AddOnProblem.TOO_LARGE, message, now);
            allowed.forEach(want -> answerNot(want, AddOnProblem.TOO_LARGE, message, actions));
            return;
        }
        Download download = downloads.get(version.version());
        if (download == null) {
            download = new Download(version, bytes);
            downloads.put(version.version(), download);
            line.add(download);
        }
        download.wants.addAll(allowed);
        startNext(now, actions);
    }

    // ---- downloads

    private void startNext(Instant now, List<Action> actions) {
        while (running < settings.parallel() && !line.isEmpty()) {
            if (stock.isLeaving()) {
                return; // What has to go for it is still there.
            }
            Download next = line.getFirst();
            if (next.wants.isEmpty()) {
                line.removeFirst(); // Nobody waits for it any longer.
                downloads.remove(next.version.version());
                continue;
            }
            if (!makeRoom(next.reserved, actions)) {
                line.removeFirst();
                give(next, AddOnProblem.NO_ROOM, "there is no room for it: what is kept is in use", now, actions);
            } else if (!stock.isLeaving()) {
                line.removeFirst();
                next.running = true;
                running++;
                actions.add(new Action.Fetch(next.version));
            }
        }
    }

    /** A download has ended. */
    void fetched(long version, AddOnSite.Fetched fetched, Instant now, List<Action> actions) {
        Download download = downloads.get(version);
        if (download == null || !download.running) {
            return;
        }
        running--;
        switch (fetched) {
            case AddOnSite.Fetched.Here(long bytes, String sha256) -> {
                downloads.remove(version);
                KeptAddOn addOn = KeptAddOn.of(download.version, bytes, sha256, now);
                stock.add(addOn);
                download.wants.forEach(want -> serve(want, addOn, now, actions));
                makeRoom(0, actions); // It may have become larger than was said.
            }
            case AddOnSite.Fetched.Not(AddOnProblem problem, String message) ->
                give(download, problem, message, now, actions);
        }
        startNext(now, actions);
    }

    /** Nothing comes of a download. */
    private void give(Download download, AddOnProblem problem, String message, Instant now, List<Action> actions) {
        downloads.remove(download.version.version());
        for (Get want : download.wants) {
            names.refused(want.name(), problem, message, now);
            refuseOrMakeDo(want, problem, message, now, actions);
        }
    }

    /** A file is gone from the disk. */
    void deleted(long version, Instant now, List<Action> actions) {
        stock.gone(version);
        startNext(now, actions);
    }

    // ---- room

    /** Lets files go until there is room for so much; whether there will be. Nothing goes if that is not enough. */
    private boolean makeRoom(long bytes, List<Action> actions) {
        return stock.shrink(settings.cacheBytes() - reserved() - bytes, bytes == 0, actions);
    }

    /** What is on disk, or will be when all that has begun is here. */
    long used() {
        return stock.bytes() + reserved();
    }

    private long reserved() {
        return downloads.values().stream()
                .filter(download -> download.running)
                .mapToLong(download -> download.reserved)
                .sum();
    }

    /** What is on disk. */
    long keptBytes() {
        return stock.bytes();
    }

    /** Downloads that run. */
    int downloading() {
        return running;
    }

    /** Downloads that wait. */
    int waiting() {
        return line.size();
    }

    // ---- answers

    private void serve(Get want, KeptAddOn addOn, Instant now, List<Action> actions) {
        if (!mayHave(want, addOn.nsfw())) {
            answerNot(want, AddOnProblem.NSFW, nsfw(addOn.name()), actions);
            return;
        }
        if (!want.answerBy().isAfter(now)) {
            answerNot(want, AddOnProblem.TOO_LATE, "it has come too late", actions);
            return;
        }
        AddOnStore.Lease lease = stock.give(addOn, now, want.until());
        actions.add(new Action.Answer(
                want,
                new AddOnStore.Reply.Ready(
                        want.name(),
                        lease,
                        AddOnFolder.file(settings.folder(), addOn.version()),
                        addOn.baseModel(),
                        addOn.triggerWords(),
                        addOn.nsfw(),
                        List.of(addOn.name(), Long.toString(addOn.model()), Long.toString(addOn.version())))));
    }

    /** An older version, or one that may be old, is better than none. */
    private void refuseOrMakeDo(Get want, AddOnProblem problem, String message, Instant now, List<Action> actions) {
        Optional<KeptAddOn> old = problem.isLasting() ? Optional.empty() : stock.answeringTo(want.name());
        if (old.isPresent()) {
            serve(want, old.get(), now, actions);
        } else {
            answerNot(want, problem, message, actions);
        }
    }

    private static void answerNot(Get want, AddOnProblem problem, String message, List<Action> actions) {
        actions.add(new Action.Answer(want, new AddOnStore.Reply.Unavailable(want.name(), problem, message)));
    }

    private static boolean mayHave(Get want, boolean nsfw) {
        return want.nsfw() || !nsfw;
    }

    private static String nsfw(String name) {
        return "\"" + name + "\" is not safe for work, and this worker is";
    }

    // ---- leases and time

    /** The file that was just given out is not there: somebody else has deleted it. */
    void lost(AddOnStore.Lease lease) {
        stock.lost(lease);
    }

    /** A job does not need its file any more. */
    void release(AddOnStore.Lease lease, Instant now, List<Action> actions) {
        if (stock.takeBack(lease)) {
            makeRoom(0, actions);
            startNext(now, actions);
        }
    }

    /** What has fallen due: leases that nobody gave back, and answers that nobody waits for any longer. */
    void wake(Instant now, List<Action> actions) {
        stock.expire(now);
        looking.values().forEach(wants -> giveUp(wants, now, actions));
        downloads.values().forEach(download -> giveUp(download.wants, now, actions));
        makeRoom(0, actions);
        startNext(now, actions);
    }

    private static void giveUp(List<Get> wants, Instant now, List<Action> actions) {
        wants.removeIf(want -> {
            boolean late = !want.answerBy().isAfter(now);
            if (late) {
                answerNot(want, AddOnProblem.TOO_LATE, "it is still on its way", actions);
            }
            return late;
        });
    }

    /** When {@link #wake} wants to be called next. */
    Optional<Instant> nextWake() {
        Instant first = Stream.concat(
                        looking.values().stream().flatMap(List::stream),
                        downloads.values().stream().flatMap(download -> download.wants.stream()))
                .map(Get::answerBy)
                .reduce(stock.firstEnd(), (a, b) -> a.isBefore(b) ? a : b);
        return first.equals(Instant.MAX) ? Optional.empty() : Optional.of(first);
    }

    // ---- what is written down

    List<KeptAddOn> kept() {
        return stock.all();
    }

    Map<AddOnName, AddOnNames.Meaning> meanings() {
        return names.meanings();
    }

    /** Whether what is kept is other than at the last call. */
    boolean takeChanged() {
        return stock.takeChanged();
    }

    /** Whether something has been used since the last call. */
    boolean takeTouched() {
        return stock.takeTouched();
    }
}
