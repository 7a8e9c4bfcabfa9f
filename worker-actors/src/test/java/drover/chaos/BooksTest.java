package drover.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import drover.chaos.LedgerCopy.Event;
import drover.chaos.LedgerCopy.Row;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Books that are in order, and each way in which they can be out of it. */
class BooksTest {
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

    private final List<Row> jobs = new ArrayList<>();
    private final Map<String, List<Event>> events = new LinkedHashMap<>();
    private final Map<String, String> prompts = new LinkedHashMap<>();
    private final List<Order> orders = new ArrayList<>();
    private long written;

    @Test
    void aJobThatWasTriedTwiceAndDeliveredIsInOrder() {
        job("a", 0, "Accepted", "Assigned 1", "Started 1", "AttemptEnded 1", "Assigned 2", "Produced 2", "Delivered");
        told("a", "delivered");

        assertThat(check()).isEmpty();
    }

    @Test
    void aJobWithoutAnEndIsLost() {
        job("a", 0, "Accepted", "Assigned 1", "AttemptEnded 1");

        assertThat(check()).extracting(Finding::kind).containsExactly(Finding.Kind.LOST);
    }

    @Test
    void aJobThatWasAcceptedAndIsNotThereIsLost() {
        told("a", "delivered");

        assertThat(check()).extracting(Finding::kind).containsExactly(Finding.Kind.LOST);
    }

    @Test
    void aJobOfWhichAnEventIsMissingIsLost() {
        job("a", 0, "Accepted", "Assigned 1", "Produced 1", "Delivered");
        events.computeIfPresent("a", (_, all) -> List.of(all.get(0), all.get(1), all.get(3)));

        assertThat(check()).extracting(Finding::kind).containsExactly(Finding.Kind.LOST);
    }

    @Test
    void aJobThatIsDeliveredTwiceIsDoubled() {
        job("a", 0, "Accepted", "Assigned 1", "Produced 1", "Delivered", "Delivered");

        assertThat(check()).extracting(Finding::kind).containsExactly(Finding.Kind.DOUBLED);
    }

    @Test
    void aJobWithTwoAttemptsAtATimeIsDoubled() {
        job("a", 0, "Accepted", "Assigned 1", "Assigned 2", "Produced 2", "Delivered");

        assertThat(check()).extracting(Finding::kind).containsExactly(Finding.Kind.DOUBLED);
    }

    @Test
    void aResultOfAnOldAttemptIsDoubled() {
        job("a", 0, "Accepted", "Assigned 1", "AttemptEnded 1", "Assigned 2", "Produced 1", "Delivered");

        assertThat(check()).extracting(Finding::kind).containsExactly(Finding.Kind.DOUBLED);
    }

    @Test
    void anOrderThatBecameTwoJobsIsDoubled() {
        prompts.put("b", Order.promptOf("key of a"));
        job("a", 0, "Accepted", "Assigned 1", "Produced 1", "Delivered");
        job("b", 1, "Accepted", "Assigned 1", "Produced 1", "Delivered");
        told("a", "delivered");

        assertThat(check()).extracting(Finding::kind).containsExactly(Finding.Kind.DOUBLED);
    }

    @Test
    void aCallerWhoWasToldOtherwiseWasMistold() {
        job("a", 0, "Accepted", "Cancelled");
        told("a", "delivered");

        assertThat(check()).extracting(Finding::kind).containsExactly(Finding.Kind.MISTOLD);
    }

    @Test
    void aYoungerJobThatBeginsFirstIsDisorder() {
        job("young", 1, "Accepted", "Assigned 1", "Produced 1", "Delivered");
        job("old", 0, "Accepted", "Assigned 1", "Produced 1", "Delivered");

        assertThat(check()).extracting(Finding::kind).containsExactly(Finding.Kind.DISORDER);
    }

    @Test
    void aJobInAHurryMayBePassed() {
        job("young", 1, "Accepted", "Assigned 1", "Produced 1", "Delivered");
        job("old", 0, "Accepted", "Assigned 1", "Produced 1", "Delivered");
        orders.add(new Order("key of old", Optional.of("old"), Optional.of("delivered"), true));

        assertThat(check()).extracting(Finding::kind).doesNotContain(Finding.Kind.DISORDER);
    }

    private List<Finding> check() {
        return Books.check(new LedgerCopy(jobs, events), orders);
    }

    private void told(String job, String end) {
        orders.add(new Order("key of " + job, Optional.of(job), Optional.of(end), false));
    }

    private void job(String id, int ordinal, String... story) {
        List<Event> all = new ArrayList<>();
        for (String word : story) {
            String[] parts = word.split(" ", 2);
            all.add(new Event(
                    all.size() + 1,
                    parts[0],
                    ++written,
                    parts.length > 1 ? Optional.of(Integer.valueOf(parts[1])) : Optional.empty(),
                    Optional.empty()));
        }
        events.put(id, all);
        String last = all.getLast().kind();
        boolean ended = List.of("Delivered", "Cancelled").contains(last);
        jobs.add(new Row(
                id,
                ordinal,
                prompts.getOrDefault(id, Order.promptOf("key of " + id)),
                ended ? last.toUpperCase(Locale.ROOT) : "QUEUED",
                ended,
                "NORMAL",
                "default",
                NOON.plusSeconds(ordinal),
                List.of()));
    }
}
