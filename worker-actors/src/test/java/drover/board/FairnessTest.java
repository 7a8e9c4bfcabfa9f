package drover.board;

import static org.assertj.core.api.Assertions.assertThat;

import drover.inference.AttemptId;
import drover.job.AttemptTimings;
import drover.job.Job;
import drover.job.JobEvent;
import drover.job.Priority;
import drover.job.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tenants share the nodes, whatever each has queued. */
class FairnessTest {
    private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");
    private static final Tenant BIG = new Tenant("big");
    private static final Tenant SMALL = new Tenant("small");
    private static final Set<String> MODELS = Set.of("m", "n");

    private final Map<SlotId, AttemptId> out = new HashMap<>();
    private final Deque<SlotId> oldestFirst = new ArrayDeque<>();
    private final List<AttemptId> given = new ArrayList<>();
    private Board board = new Board(BoardSettings.DEFAULT);
    private Instant now = T0;

    /** The figure: one has 10,000 queued, another submits 1, and it starts within the next 2 × nodes assignments. */
    @ParameterizedTest
    @CsvSource({"1, m", "2, m", "4, m", "8, m", "1, n", "2, n", "4, n", "8, n"})
    void theOneJobOfAnotherTenantStartsWithinTwiceAsManyAssignmentsAsThereAreNodes(int nodes, String model) {
        for (int i = 0; i < 10_000; i++) {
            take("big" + i, "m", BIG, Priority.NORMAL, 20);
        }
        IntStream.range(0, nodes).forEach(this::ask);
        IntStream.range(0, 50).forEach(i -> endTheOldest());
        int before = given.size();

        take("small", model, SMALL, Priority.NORMAL, 500);
        IntStream.range(0, 2 * nodes).forEach(i -> endTheOldest());

        assertThat(given.subList(before, given.size()))
                .hasSize(2 * nodes)
                .extracting(attempt -> attempt.job().value())
                .contains("small");
    }

    @Property(tries = 200)
    void withinATenantAndPriorityTheOldestGoesFirst(@ForAll long seed) {
        reset(Map.of());
        Random random = new Random(seed);
        Map<String, List<String>> taken = new HashMap<>();
        for (int i = 0; i < 60; i++) {
            now = now.plusMillis(random.nextInt(100));
            Tenant tenant = random.nextBoolean() ? BIG : SMALL;
            Priority priority = List.of(Priority.values()).get(random.nextInt(4));
            // Of two that come at the same moment the one with the smaller id counts as the older.
            String id = tenant.name() + priority + "-%02d".formatted(i);
            taken.computeIfAbsent(tenant.name() + priority, key -> new ArrayList<>())
                    .add(id);
            take(id, "m", tenant, priority, 1 + random.nextInt(50));
            if (random.nextInt(3) == 0 && !out.isEmpty()) {
                endTheOldest();
            } else {
                ask(random.nextInt(2));
            }
        }
        ask(0);
        while (!out.isEmpty()) {
            endTheOldest();
        }

        taken.forEach((group, ids) -> assertThat(
                        given.stream().map(attempt -> attempt.job().value()).filter(id -> id.startsWith(group + "-")))
                .containsExactlyElementsOf(ids));
    }

    /** While both have something to do, what each is given differs from its share by at most a job of each. */
    @Property(tries = 100)
    void tenantsShareByWeightAndWorkAndNotByNumberOfJobs(
            @ForAll @IntRange(min = 1, max = 4) int weight, @ForAll long seed) {
        reset(Map.of(BIG, (double) weight));
        Random random = new Random(seed);
        Map<String, Integer> steps = new HashMap<>();
        for (int i = 0; i < 200; i++) {
            for (Tenant tenant : List.of(BIG, SMALL)) {
                String id = tenant.name() + i;
                steps.put(id, 1 + random.nextInt(50));
                take(id, "m", tenant, Priority.NORMAL, Objects.requireNonNull(steps.get(id)));
            }
        }
        ask(0);
        double big = 0;
        double small = 0;
        for (int i = 0; i < 100; i++) {
            String id = given.getLast().job().value();
            int work = Objects.requireNonNull(steps.get(id));
            big += id.startsWith("big") ? (double) work / weight : 0;
            small += id.startsWith("small") ? work : 0;
            endTheOldest();
        }

        assertThat(Math.abs(big - small)).isLessThanOrEqualTo(100);
    }

    private void reset(Map<Tenant, Double> weights) {
        BoardSettings d = BoardSettings.DEFAULT;
        board = new Board(new BoardSettings(
                d.retries(),
                d.models(),
                d.nodes(),
                d.learning(),
                Duration.ofDays(1),
                d.residentLead(),
                d.claimWindow(),
                weights));
        out.clear();
        oldestFirst.clear();
        given.clear();
    }

    private void take(String id, String model, Tenant tenant, Priority priority, int steps) {
        Job job = Job.of(BoardTest.accepted(id, model, now, priority, tenant, steps));
        carryOut(board.take(job, now));
    }

    private void ask(int node) {
        carryOut(board.idle(new SlotId("gpu" + node, 1, 0), MODELS, Set.of("m"), false, now));
    }

    private void endTheOldest() {
        SlotId slot = oldestFirst.removeFirst();
        AttemptId attempt = Objects.requireNonNull(out.remove(slot));
        carryOut(board.produced(slot, attempt, List.of(), AttemptTimings.NONE, now));
        board.ended(attempt.job());
        carryOut(board.idle(slot, MODELS, Set.of("m"), false, now));
    }

    private void carryOut(List<BoardAction> actions) {
        for (BoardAction action : actions) {
            if (action instanceof BoardAction.Offer offer) {
                out.put(offer.slot(), offer.attempt());
                oldestFirst.add(offer.slot());
                given.add(offer.attempt());
            } else if (action instanceof BoardAction.Write(JobEvent event)) {
                assertThat(event).isNotInstanceOf(JobEvent.Faulted.class);
            }
        }
    }
}
