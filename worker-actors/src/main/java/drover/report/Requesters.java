package drover.report;

import drover.client.ReportView.RequestersView;
import drover.job.Attempt;
import drover.job.Job;
import drover.job.JobState;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;

/** What those who ordered jobs got, and how long they waited. */
final class Requesters {
    private static final int MOST_FAULTS = 100;

    private final Map<JobState, Long> ended = new EnumMap<>(JobState.class);
    private final Map<String, Long> faults = new HashMap<>();
    private final Times times = new Times();
    private Duration waited = Duration.ZERO;
    private Duration lost = Duration.ZERO;

    /** A job that has ended. */
    void add(Job job) {
        ended.merge(job.state(), 1L, Long::sum);
        job.fault().ifPresent(fault -> {
            if (faults.containsKey(fault.code()) || faults.size() < MOST_FAULTS) {
                faults.merge(fault.code(), 1L, Long::sum);
            }
        });
        if (job.state() == JobState.DELIVERED) {
            Duration took = positive(Duration.between(job.accepted(), job.changed()));
            times.add(took);
            waited = waited.plus(took);
            lost = lost.plus(lost(job));
        }
    }

    /** A requester waits for the next attempt only because this one gave nothing. */
    private static Duration lost(Job job) {
        Duration lost = Duration.ZERO;
        List<Attempt> attempts = job.attempts();
        for (int i = 0; i < attempts.size(); i++) {
            if (attempts.get(i).outcome().isPresent()) {
                Instant next = i + 1 < attempts.size() ? attempts.get(i + 1).assigned() : job.changed();
                lost = lost.plus(positive(Duration.between(attempts.get(i).assigned(), next)));
            }
        }
        return lost;
    }

    private static Duration positive(Duration duration) {
        return duration.isNegative() ? Duration.ZERO : duration;
    }

    RequestersView view() {
        Map<String, Long> states = new HashMap<>();
        ended.forEach((state, count) -> states.put(state.name().toLowerCase(Locale.ROOT), count));
        SequencedMap<String, Long> codes = new LinkedHashMap<>();
        faults.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .forEach(entry -> codes.put(entry.getKey(), entry.getValue()));
        return new RequestersView(states, codes, times.view(), Tally.seconds(waited), Tally.seconds(lost));
    }
}
