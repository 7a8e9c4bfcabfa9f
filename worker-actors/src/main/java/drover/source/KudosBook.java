package drover.source;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a worker has earned. It goes by the rewards that the server answers to submits; what it credits is less where the
 * agent is not the official one, and is held back until the owner is trusted. A plain book for one owner: it is told the
 * time and is not safe for several threads.
 */
public final class KudosBook {
    private static final Duration HOUR = Duration.ofHours(1);

    /** A rate is not told from less than this, as it would be chance. */
    private static final Duration LEAST = Duration.ofMinutes(1);

    /** No job takes longer than this, so work that ended before needs no more merging. */
    private static final Duration LONGEST = Duration.ofHours(2);

    private final Instant started;
    private final double before;
    private final Deque<Entry> lastHour = new ArrayDeque<>();
    private final Deque<Span> work = new ArrayDeque<>();
    private final Map<String, Totals> byModel = new TreeMap<>();
    private double lastHourKudos;
    private Duration settledWork = Duration.ZERO;
    private Totals session = Totals.NONE;

    /**
     * A job that was rewarded.
     *
     * @param model that drew it
     * @param reward of all its pictures
     * @param pictures that were accepted
     * @param seconds from the pop to the end
     * @param at its end
     */
    public record Entry(String model, double reward, int pictures, double seconds, Instant at) {
        private Span span() {
            return new Span(at.minusMillis(Math.round(seconds * 1000)), at);
        }
    }

    /**
     * Sums.
     *
     * @param jobs that were rewarded
     * @param pictures of them
     * @param kudos as rewarded
     * @param seconds that they took, each by itself
     */
    public record Totals(long jobs, long pictures, double kudos, double seconds) {
        /** Nothing yet. */
        public static final Totals NONE = new Totals(0, 0, 0, 0);

        private Totals plus(Entry entry) {
            return new Totals(jobs + 1, pictures + entry.pictures(), kudos + entry.reward(), seconds + entry.seconds());
        }

        /** Kudos of a job on average; 0 without one. */
        public double perJob() {
            return jobs == 0 ? 0 : kudos / jobs;
        }

        /** Kudos of a second's work on a job; the existing worker calls less than 0.4 slow. 0 without any. */
        public double perSecond() {
            return seconds <= 0 ? 0 : kudos / seconds;
        }
    }

    private record Span(Instant from, Instant to) {
        Duration length() {
            return Duration.between(from, to);
        }
    }

    /**
     * An empty book.
     *
     * @param started the session's beginning
     * @param before kudos of earlier sessions, at least 0
     */
    public KudosBook(Instant started, double before) {
        this.started = started;
        this.before = before;
    }

    /** Writes down a job. Entries come in the order of their ends. */
    public void rewarded(Entry entry) {
        session = session.plus(entry);
        byModel.put(
                entry.model(), byModel.getOrDefault(entry.model(), Totals.NONE).plus(entry));
        lastHour.addLast(entry);
        lastHourKudos += entry.reward();
        forget(entry.at());
        merge(entry.span());
        settle(entry.at());
    }

    /** The session so far. */
    public Totals session() {
        return session;
    }

    /** The session by models. */
    public Map<String, Totals> byModel() {
        return Collections.unmodifiableMap(new TreeMap<>(byModel));
    }

    /** Kudos of this and all earlier sessions. */
    public double ever() {
        return before + session.kudos();
    }

    /** Kudos an hour within the last hour, or within the session if that is shorter. */
    public double perHour(Instant now) {
        forget(now);
        Duration seen = Duration.between(started, now);
        Duration counted = seen.compareTo(HOUR) > 0 ? HOUR : seen.compareTo(LEAST) < 0 ? LEAST : seen;
        return Math.max(0, lastHourKudos) / hours(counted);
    }

    /** Kudos an hour of the session, without the time in which nothing was in hand; 0 without a job. */
    public double perActiveHour() {
        Duration active = active();
        return active.isZero() ? 0 : session.kudos() / hours(active.compareTo(LEAST) < 0 ? LEAST : active);
    }

    /** For how long something was in hand; jobs beside each other count once. */
    public Duration active() {
        return work.stream().map(Span::length).reduce(settledWork, Duration::plus);
    }

    private void forget(Instant now) {
        while (!lastHour.isEmpty() && !lastHour.getFirst().at().plus(HOUR).isAfter(now)) {
            lastHourKudos -= lastHour.removeFirst().reward();
        }
    }

    /** A job that began before others have ended takes them in, and the time between them. */
    private void merge(Span added) {
        Span span = added;
        while (!work.isEmpty() && !work.getLast().to().isBefore(span.from())) {
            Span last = work.removeLast();
            span = new Span(
                    last.from().isBefore(span.from()) ? last.from() : span.from(),
                    last.to().isAfter(span.to()) ? last.to() : span.to());
        }
        work.addLast(span);
    }

    private void settle(Instant now) {
        while (work.size() > 1 && work.getFirst().to().plus(LONGEST).isBefore(now)) {
            settledWork = settledWork.plus(work.removeFirst().length());
        }
    }

    private static double hours(Duration duration) {
        return duration.toMillis() / 3_600_000.0;
    }
}
