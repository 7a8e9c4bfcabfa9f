package drover.chaos;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What must be so after a run, whatever went wrong in it: each accepted job has exactly one end, attempts come one after
 * the other, what callers were told is what is written, and jobs began in the order of their age.
 */
final class Books {
    private static final Set<String> ENDS = Set.of("delivered", "faulted", "cancelled", "expired", "censored");
    /** Ends an attempt; so does the end of the job. */
    private static final Set<String> ATTEMPT_ENDS = Set.of("attemptended", "produced");

    private final LedgerCopy ledger;
    private final List<Order> orders;
    private final List<Finding> findings = new ArrayList<>();
    private final Map<String, LedgerCopy.Row> jobs;

    private Books(LedgerCopy ledger, List<Order> orders) {
        this.ledger = ledger;
        this.orders = orders;
        this.jobs = ledger.jobs().stream().collect(Collectors.toMap(LedgerCopy.Row::id, Function.identity()));
    }

    /** What is not as it must be. */
    static List<Finding> check(LedgerCopy ledger, List<Order> orders) {
        Books books = new Books(ledger, orders);
        ledger.jobs().forEach(books::checkJob);
        books.checkOrders();
        books.checkAge();
        return List.copyOf(books.findings);
    }

    private void note(Finding.Kind kind, String what) {
        findings.add(new Finding(kind, what));
    }

    private void checkJob(LedgerCopy.Row job) {
        List<LedgerCopy.Event> events = ledger.events().getOrDefault(job.id(), List.of());
        if (events.isEmpty() || !kind(events.getFirst()).equals("accepted")) {
            note(Finding.Kind.LOST, "job " + job.id() + " does not begin with its acceptance: " + story(events));
            return;
        }
        for (int i = 0; i < events.size(); i++) {
            if (events.get(i).seq() != i + 1) {
                note(Finding.Kind.LOST, "job " + job.id() + " lacks an event: " + story(events));
                return;
            }
        }
        List<String> ends =
                events.stream().map(Books::kind).filter(ENDS::contains).toList();
        if (ends.isEmpty() || !job.ended()) {
            note(Finding.Kind.LOST, "job " + job.id() + " has not come to an end: " + story(events));
        } else if (ends.size() > 1) {
            note(Finding.Kind.DOUBLED, "job " + job.id() + " has more than one end: " + story(events));
        } else if (!kind(events.getLast()).equals(ends.getFirst())
                || !job.state().toLowerCase(Locale.ROOT).equals(ends.getFirst())) {
            note(
                    Finding.Kind.DOUBLED,
                    "job " + job.id() + " is " + job.state() + " and something followed its end: " + story(events));
        }
        checkAttempts(job, events);
    }

    private void checkAttempts(LedgerCopy.Row job, List<LedgerCopy.Event> events) {
        int last = 0;
        boolean live = false;
        for (LedgerCopy.Event event : events) {
            String kind = kind(event);
            int attempt = event.attempt().orElse(last);
            if (kind.equals("assigned")) {
                if (live) {
                    note(Finding.Kind.DOUBLED, "job " + job.id() + " has two attempts at a time: " + story(events));
                    return;
                }
                if (attempt != last + 1) {
                    note(Finding.Kind.DOUBLED, "job " + job.id() + " miscounts its attempts: " + story(events));
                    return;
                }
                last = attempt;
                live = true;
            } else if (attempt != last) {
                note(
                        Finding.Kind.DOUBLED,
                        "job " + job.id() + " took in something about an old attempt: " + story(events));
                return;
            } else if (ATTEMPT_ENDS.contains(kind) || ENDS.contains(kind)) {
                live = false;
            }
        }
    }

    private void checkOrders() {
        Map<String, Set<String>> jobsOf = new HashMap<>();
        for (LedgerCopy.Row job : ledger.jobs()) {
            jobsOf.computeIfAbsent(job.prompt(), _ -> new HashSet<>()).add(job.id());
        }
        for (Order order : orders) {
            Set<String> of = jobsOf.getOrDefault(order.prompt(), Set.of());
            if (of.size() > 1) {
                note(Finding.Kind.DOUBLED, "order " + order.key() + " became several jobs: " + of);
            }
            order.job().ifPresent(job -> checkTold(order, job, of));
        }
    }

    private void checkTold(Order order, String id, Set<String> of) {
        LedgerCopy.Row job = jobs.get(id);
        if (job == null) {
            note(Finding.Kind.LOST, "job " + id + " was accepted, and is not in the ledger");
            return;
        }
        if (!of.contains(id)) {
            note(Finding.Kind.MISTOLD, "order " + order.key() + " was said to be job " + id + ", but is " + of);
        }
        String state = job.state().toLowerCase(Locale.ROOT);
        order.end()
                .filter(told -> !told.equals(state))
                .ifPresent(told ->
                        note(Finding.Kind.MISTOLD, "job " + id + " was said to be " + told + ", but is " + state));
        if (order.end().isEmpty()) {
            note(Finding.Kind.LOST, "nobody could say in the end what became of job " + id);
        }
    }

    /**
     * Of two jobs of one tenant and one priority, of which the older was also accepted first, the older begins first. Only
     * first attempts count: a later one may have to wait. Jobs in a hurry do not count either: one that seems too slow a
     * node's work is left for another.
     */
    private void checkAge() {
        Set<String> hurried = orders.stream()
                .filter(Order::hurried)
                .flatMap(order -> order.job().stream())
                .collect(Collectors.toSet());
        Map<String, List<Begun>> lines = new LinkedHashMap<>();
        for (LedgerCopy.Row job : ledger.jobs()) {
            Optional<LedgerCopy.Event> first = ledger.events().getOrDefault(job.id(), List.of()).stream()
                    .filter(event -> kind(event).equals("assigned"))
                    .findFirst();
            if (first.isPresent() && !hurried.contains(job.id())) {
                lines.computeIfAbsent(job.tenant() + " " + job.priority(), _ -> new ArrayList<>())
                        .add(new Begun(job, first.get().written()));
            }
        }
        lines.forEach(this::checkLine);
    }

    private record Begun(LedgerCopy.Row job, long written) {
        boolean shouldPrecede(Begun other) {
            return job.ordinal() < other.job.ordinal() && job.accepted().isBefore(other.job.accepted());
        }
    }

    private void checkLine(String line, List<Begun> begun) {
        begun.sort(Comparator.comparingLong(Begun::written));
        for (int i = 0; i < begun.size(); i++) {
            for (int j = i + 1; j < begun.size(); j++) {
                Begun earlier = begun.get(i);
                Begun later = begun.get(j);
                if (later.shouldPrecede(earlier)) {
                    note(
                            Finding.Kind.DISORDER,
                            "of " + line + ", job " + earlier.job().id() + " (accepted as "
                                    + earlier.job().ordinal() + " at "
                                    + earlier.job().accepted()
                                    + ") began before job " + later.job().id() + " (accepted as "
                                    + later.job().ordinal() + " at "
                                    + later.job().accepted() + ")");
                    break;
                }
            }
        }
    }

    /** How often each kind of event happened, for the report. */
    static Map<String, Long> counts(LedgerCopy ledger) {
        return ledger.events().values().stream()
                .flatMap(List::stream)
                .collect(Collectors.groupingBy(Books::kind, LinkedHashMap::new, Collectors.counting()));
    }

    private static String kind(LedgerCopy.Event event) {
        return event.kind().replace("_", "").replace("-", "").toLowerCase(Locale.ROOT);
    }

    private static String story(List<LedgerCopy.Event> events) {
        return events.stream()
                .map(event -> event.seq() + " " + event.kind()
                        + event.attempt().map(a -> " " + a).orElse("")
                        + event.node().map(n -> " " + n).orElse(""))
                .collect(Collectors.joining(", "));
    }
}
