package drover.watchdog;

import drover.inference.AttemptId;
import drover.inference.Phase;
import drover.inference.Position;
import drover.watchdog.DeadlineTable.Entry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Every attempt that is being watched: how far it has come, until when it has to advance, and where it stands on the
 * ladder. The rules in one place:
 *
 * <ul>
 *   <li>Only a position strictly beyond the highest one that the attempt has reached is an advance. It starts the limit
 *       of its phase anew, counted from its arrival. The same position, a step back or a swing changes nothing.
 *   <li>A heartbeat is recorded for the report and never counts as progress.
 *   <li>Whatever is taken in before the deadline is <em>processed</em> counts, so a slow step that has just arrived is
 *       an advance and not a stall; and as time is compared when the deadline comes and not when a message does, silence
 *       trips it.
 *   <li>From the first verdict on the attempt is lost: later advances are counted ({@link WatchCounts#lateAdvances}) but
 *       change nothing.
 * </ul>
 *
 * Times are nanoseconds of one monotonic clock, passed in and never decreasing. Not thread-safe; owned by one actor.
 */
public final class WatchList {
    private static final Duration FOREVER = Duration.ofSeconds(Long.MAX_VALUE);

    private final String name;
    private final InstantSource wall;
    private final Map<AttemptId, Entry<Watched>> watched = new HashMap<>();
    private final DeadlineTable<Watched> deadlines = new DeadlineTable<>();
    private long advances;
    private long idleReports;
    private long heartbeats;
    private long lateAdvances;
    private long strays;
    private final Map<Rung, Long> verdicts = new EnumMap<>(Rung.class);

    /**
     * An empty list.
     *
     * @param name of the watchdog, for reports: {@code node} or {@code control}
     * @param wall tells the time of day for reports
     */
    public WatchList(String name, InstantSource wall) {
        this.name = name;
        this.wall = wall;
    }

    /**
     * Watches an attempt from now on. If it is watched already, nothing changes: a repeated message must not give a
     * stalled attempt new time.
     *
     * @return whether the attempt is new
     */
    public boolean watch(AttemptId attempt, String model, PhaseTimeouts timeouts, Rungs rungs, long now) {
        if (watched.containsKey(attempt)) {
            return false;
        }
        Watched fresh = new Watched(attempt, model, timeouts, rungs, now);
        watched.put(attempt, deadlines.add(fresh, now + fresh.limitNanos()));
        return true;
    }

    /**
     * Takes in where an attempt is.
     *
     * @return whether this was an advance that counts
     */
    public boolean advanced(AttemptId attempt, Position position, long now) {
        Entry<Watched> entry = watched.get(attempt);
        if (entry == null) {
            strays++;
            return false;
        }
        Watched it = entry.value();
        if (!position.isBeyond(it.highest)) {
            it.idleReports++;
            idleReports++;
            return false;
        }
        if (!it.ladder.isWatching()) {
            lateAdvances++;
            return false;
        }
        it.highest = position;
        it.advancedAt = now;
        it.idleReports = 0;
        advances++;
        deadlines.move(entry, now + it.limitNanos());
        return true;
    }

    /** Takes in a sign of life, which is not progress. */
    public void heartbeat(AttemptId attempt, long now) {
        Entry<Watched> entry = watched.get(attempt);
        if (entry == null) {
            strays++;
            return;
        }
        entry.value().heartbeatAt = now;
        entry.value().heartbeatSeen = true;
        heartbeats++;
    }

    /** The runner has given its thread back; after {@link Verdict.Cancel} this is the next verdict's cause. */
    public Optional<Verdict> runnerReturned(AttemptId attempt, long now) {
        Entry<Watched> entry = watched.get(attempt);
        if (entry == null) {
            strays++;
            return Optional.empty();
        }
        return climb(entry, entry.value().ladder.runnerReturned(), now);
    }

    /**
     * Stops watching, on whatever rung the attempt is.
     *
     * @return whether it was watched
     */
    public boolean unwatch(AttemptId attempt) {
        Entry<Watched> entry = watched.remove(attempt);
        if (entry == null) {
            return false;
        }
        deadlines.remove(entry);
        return true;
    }

    /**
     * One verdict whose time has come; call it until it is empty.
     *
     * @param upTo judge deadlines that had passed by this time, not later than {@code now}
     * @param now what ages in the report are counted to, and where the next rung's grace begins
     */
    public Optional<Verdict> poll(long upTo, long now) {
        return deadlines
                .poll(upTo)
                .flatMap(entry -> climb(entry, entry.value().ladder.deadlinePassed(), now));
    }

    /** Whether a deadline has passed by now. */
    public boolean isDue(long now) {
        return deadlines.isDue(now);
    }

    /** Whether nothing can become due: nothing is watched, or all that is stands on its last rung. */
    public boolean isQuiet() {
        return deadlines.isEmpty();
    }

    /**
     * When to look again: nothing is due before this time, though it may be later.
     *
     * @throws java.util.NoSuchElementException if {@link #isQuiet}
     */
    public long nextLook() {
        return deadlines.nextLook();
    }

    /** A snapshot, the nearest deadline first. */
    public List<Table.Row> rows(long now) {
        return watched.values().stream()
                .map(entry -> row(entry, now))
                .sorted(Comparator.comparing((Table.Row row) -> row.left().orElse(FOREVER))
                        .thenComparing(row -> row.attempt().job())
                        .thenComparingInt(row -> row.attempt().number()))
                .toList();
    }

    /** The counts, with those of the nodes and the watchdog's own pauses, which this list does not know. */
    WatchCounts counts(NodeSilence nodes, Duration slept) {
        return new WatchCounts(
                watched.size(),
                nodes.size(),
                advances,
                idleReports,
                heartbeats,
                lateAdvances,
                strays,
                verdicts.getOrDefault(Rung.CANCEL, 0L),
                verdicts.getOrDefault(Rung.RESTART_ACTOR, 0L),
                verdicts.getOrDefault(Rung.REPLACE_PROCESS, 0L),
                nodes.reported(),
                slept);
    }

    private Optional<Verdict> climb(Entry<Watched> entry, Ladder next, long now) {
        Watched it = entry.value();
        Rung before = it.ladder.rung();
        it.ladder = next;
        if (next.rung() == before) {
            return Optional.empty();
        }
        switch (next.rung()) {
            case WATCHING -> throw new IllegalStateException("a ladder never goes down, but " + it.attempt + " did");
            case CANCEL -> deadlines.move(entry, now + it.timeouts.cancelGrace().toNanos());
            case RESTART_ACTOR ->
                deadlines.move(entry, now + it.timeouts.restartGrace().toNanos());
            case REPLACE_PROCESS -> deadlines.remove(entry);
        }
        verdicts.merge(next.rung(), 1L, Long::sum);
        return Optional.of(Verdict.of(next.rung(), stall(it, now)));
    }

    private Stall stall(Watched it, long now) {
        PhaseTimeouts.Limit limit = it.timeouts.limit(it.highest.phase());
        return new Stall(
                it.attempt,
                it.model,
                it.highest,
                Duration.ofNanos(now - it.advancedAt),
                it.sinceHeartbeat(now),
                it.idleReports,
                limit.length(),
                limit.origin(),
                name,
                wall.instant());
    }

    private static Table.Row row(Entry<Watched> entry, long now) {
        Watched it = entry.value();
        PhaseTimeouts.Limit limit = it.timeouts.limit(it.highest.phase());
        return new Table.Row(
                it.attempt,
                it.model,
                it.highest,
                Duration.ofNanos(now - it.advancedAt),
                it.sinceHeartbeat(now),
                it.idleReports,
                limit.length(),
                limit.origin(),
                it.ladder.rung(),
                entry.isPending() ? Optional.of(Duration.ofNanos(entry.deadline() - now)) : Optional.empty());
    }

    private static final class Watched {
        final AttemptId attempt;
        final String model;
        final PhaseTimeouts timeouts;
        Ladder ladder;
        Position highest = Position.entering(Phase.STARTING, 1);
        long advancedAt;
        long heartbeatAt;
        boolean heartbeatSeen;
        int idleReports;

        Watched(AttemptId attempt, String model, PhaseTimeouts timeouts, Rungs rungs, long now) {
            this.attempt = attempt;
            this.model = model;
            this.timeouts = timeouts;
            this.ladder = Ladder.start(rungs);
            this.advancedAt = now;
        }

        /** How long the phase it is in may go without an advance. */
        long limitNanos() {
            return timeouts.limit(highest.phase()).length().toNanos();
        }

        Optional<Duration> sinceHeartbeat(long now) {
            return heartbeatSeen ? Optional.of(Duration.ofNanos(now - heartbeatAt)) : Optional.empty();
        }
    }
}
