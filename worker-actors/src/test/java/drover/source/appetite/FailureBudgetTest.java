package drover.source.appetite;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** The worker counts failures at least as strictly as the server does. */
final class FailureBudgetTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final FailureBudget budget = new FailureBudget();

    @Test
    void eachIdOfABatchCounts() {
        budget.failed(START, 4);
        budget.failed(START.plusSeconds(1), 1);

        assertThat(budget.count(START.plusSeconds(2))).isEqualTo(5);
        assertThat(budget.room(START.plusSeconds(2), 3)).isEqualTo(12);
    }

    @Test
    void whatIsInHandCountsAsIfItFailed() {
        assertThat(budget.room(START, 0)).isEqualTo(20);
        assertThat(budget.room(START, 19)).isEqualTo(1);
        assertThat(budget.room(START, 20)).isZero();
    }

    @Test
    void fromTenOnThereIsOneAtATime() {
        budget.failed(START, 10);

        assertThat(budget.slow(START)).isTrue();
        assertThat(budget.room(START, 0)).isEqualTo(1);
        assertThat(budget.room(START, 1)).isZero();
    }

    @Test
    void atTwentyNoMoreIsTakenUntilTheHourIsOver() {
        budget.failed(START, 8);
        budget.failed(START.plusSeconds(600), 12);

        assertThat(budget.room(START.plusSeconds(700), 0)).isZero();
        assertThat(budget.relief(START.plusSeconds(700))).isEqualTo(START.plus(FailureBudget.WINDOW));
        assertThat(budget.room(START.plus(FailureBudget.WINDOW), 0)).isEqualTo(1);
        assertThat(budget.room(START.plusSeconds(600).plus(FailureBudget.WINDOW), 0))
                .isEqualTo(20);
    }

    @Test
    void whoHasDoneWellMayHoldMore() {
        budget.good(19);
        assertThat(budget.room(START, 30)).isZero();
        budget.good(1);
        assertThat(budget.room(START, 30)).isGreaterThan(1000);

        budget.failed(START, 1);
        budget.good(20);
        assertThat(budget.room(START, 19)).as("as long as a failure counts").isZero();
        assertThat(budget.room(START.plus(FailureBudget.WINDOW), 30)).isGreaterThan(1000);
    }

    /** The server's own counter: its hour begins with the first failure after the last one. */
    private static final class Server {
        private Instant since = Instant.MIN;
        private int count;

        void failed(Instant now, int ids) {
            if (since.equals(Instant.MIN) || now.isAfter(since.plus(Duration.ofHours(1)))) {
                since = now;
                count = 0;
            }
            count += ids;
        }
    }

    /** Steps of: seconds to wait, ids to take, whether the oldest taken job ends well, badly, or goes on. */
    @Property
    void theServersLimitIsNeverReachedByAWorkerThatHoldsFewEnough(
            @ForAll @Size(max = 300) List<@IntRange(min = 0, max = 1_000_000) Integer> steps) {
        Server server = new Server();
        Instant now = START;
        Deque<Integer> jobs = new ArrayDeque<>();
        int held = 0;
        for (int step : steps) {
            now = now.plusSeconds(step % 400);
            int room = Math.min(budget.room(now, held), 20 - held);
            int take = Math.min(room, 1 + step / 400 % 8);
            if (take > 0) {
                jobs.addLast(take);
                held += take;
            }
            if (!jobs.isEmpty() && step % 3 != 0) {
                int ids = jobs.removeFirst();
                held -= ids;
                if (step % 7 == 0) {
                    budget.good(ids);
                } else {
                    budget.failed(now, ids);
                    server.failed(now.plusSeconds(step % 60), ids); // Its sweep may notice later.
                }
            }
            assertThat(server.count).isLessThanOrEqualTo(20);
        }
    }
}
