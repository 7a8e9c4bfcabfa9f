package drover.report;

import drover.client.ReportView.RequestersView;
import drover.client.ReportView.TenantView;
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
    private final Waits all = new Waits();
    private final Map<String, Waits> tenants = new HashMap<>();

    /** What came of jobs, and how long it took. */
    private static final class Waits {
        private final Times times = new Times();
        private long ended;
        private Duration waited = Duration.ZERO;
        private Duration lost = Duration.ZERO;

        private void add(Job job) {
            ended++;
            if (job.state() == JobState.DELIVERED) {
                Duration took = positive(Duration.between(job.accepted(), job.changed()));
                times.add(took);
                waited = waited.plus(took);
                lost = lost.plus(lost(job));
            }
        }

        private TenantView view(String name) {
            return new TenantView(name, ended, times.view(), Tally.seconds(waited), Tally.seconds(lost));
        }
    }

    /** A job that has ended. */
    void add(Job job) {
        ended.merge(job.state(), 1L, Long::sum);
        job.fault().ifPresent(fault -> {
            if (faults.containsKey(fault.code()) || faults.size() < MOST_FAULTS) {
                faults.merge(fault.code(), 1L, Long::sum);
            }
        });
        all.add(job);
        String tenant = job.tenant().name();
        String known = tenants.containsKey(tenant) || tenants.size() < Groups.MOST ? tenant : Groups.OTHERS;
        tenants.computeIfAbsent(known, _ -> new Waits()).add(job);
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
        List<TenantView> each = tenants.entrySet().stream()
                .map(entry -> entry.getValue().view(entry.getKey()))
                .sorted(Comparator.comparingDouble(TenantView::waitedSeconds)
                        .reversed()
                        .thenComparing(TenantView::name))
                .toList();
        return new RequestersView(
                states, codes, all.times.view(), Tally.seconds(all.waited), Tally.seconds(all.lost), each);
    }
}
