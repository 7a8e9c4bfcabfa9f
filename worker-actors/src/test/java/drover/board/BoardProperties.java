package drover.board;

import static org.assertj.core.api.Assertions.assertThat;

import drover.inference.AssetRef;
import drover.inference.AttemptId;
import drover.inference.JobId;
import drover.inference.Phase;
import drover.inference.Position;
import drover.job.AttemptEnd;
import drover.job.AttemptOutcome;
import drover.job.AttemptTimings;
import drover.job.Job;
import drover.job.JobEvent;
import drover.job.JobState;
import drover.job.Priority;
import drover.job.Tenant;
import drover.job.Work;
import drover.watchdog.ModelRules;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Whatever happens to nodes and attempts, the books balance. */
class BoardProperties {
    private static final int NODES = 3;

    private final Map<JobId, Job> ledger = new HashMap<>();
    private final Map<SlotId, AttemptId> live = new HashMap<>();
    private final long[] launches = new long[NODES];
    private final Board board = new Board(BoardSettings.DEFAULT.with(
            new RetryRules(3, 2, 3, 8, Duration.ofSeconds(1), Duration.ofSeconds(8)),
            new ModelRules(2, 2, Duration.ofSeconds(60))));
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    @Property(tries = 300)
    void everyAcceptedJobEndsExactlyOnceAndHasOneLiveAttempt(@ForAll long seed) {
        ledger.clear();
        live.clear();
        Random random = new Random(seed);
        int jobs = 1 + random.nextInt(20);
        int accepted = 0;
        for (int step = 0; step < 400; step++) {
            now = now.plusMillis(random.nextInt(400));
            switch (random.nextInt(10)) {
                case 0, 1 -> {
                    if (accepted < jobs) {
                        Job job = Job.of(BoardTest.accepted(
                                "j" + seed + "-" + accepted++,
                                "m" + random.nextInt(2),
                                now,
                                List.of(Priority.values()).get(random.nextInt(4)),
                                new Tenant("t" + random.nextInt(3)),
                                1 + random.nextInt(30)));
                        ledger.put(job.id(), job);
                        carryOut(board.take(job, now));
                    }
                }
                case 2, 3, 4 -> ask(random.nextInt(NODES));
                case 5 -> replaceNode(random.nextInt(NODES), random);
                case 6, 7 -> endOne(random);
                case 8 -> repeatSomethingOld(random);
                default -> carryOut(board.wake(now));
            }
            theWorkIsWhatARecountGives();
        }
        drain();

        assertThat(ledger).hasSize(accepted);
        assertThat(ledger.values()).allMatch(job -> job.state().isTerminal());
        assertThat(live).isEmpty();
        assertThat(board.snapshot(now).waiting()).isZero();
        assertThat(board.snapshot(now).undelivered()).isZero();
    }

    private void theWorkIsWhatARecountGives() {
        Map<String, WorkAmount> models = new HashMap<>();
        Map<String, WorkAmount> tenants = new HashMap<>();
        WorkAmount total = WorkAmount.NOTHING;
        for (Job job : ledger.values()) {
            if (job.state() == JobState.QUEUED || job.state().isOut()) {
                long work = Work.of(job.request());
                total = total.plus(1, work);
                models.merge(job.request().model(), new WorkAmount(1, work), (a, b) -> a.plus(b.jobs(), b.work()));
                tenants.merge(job.tenant().name(), new WorkAmount(1, work), (a, b) -> a.plus(b.jobs(), b.work()));
            }
        }
        JobBoard.Snapshot snapshot = board.snapshot(now);
        assertThat(snapshot.pending()).isEqualTo(total);
        assertThat(snapshot.pendingByModel()).isEqualTo(models);
        assertThat(snapshot.pendingByTenant()).isEqualTo(tenants);
    }

    private void drain() {
        for (int round = 0; round < 1_000; round++) {
            now = now.plusSeconds(1);
            for (int node = 0; node < NODES; node++) {
                ask(node);
            }
            for (Map.Entry<SlotId, AttemptId> entry : List.copyOf(live.entrySet())) {
                succeed(entry.getKey(), entry.getValue());
            }
            carryOut(board.wake(now));
        }
    }

    private SlotId slot(int node) {
        return new SlotId("gpu" + node, launches[node], 0);
    }

    private void ask(int node) {
        SlotId slot = slot(node);
        if (!live.containsKey(slot)) {
            carryOut(board.idle(slot, Set.of("m0", "m1"), Set.of("m" + node % 2), false, now));
        }
    }

    private void replaceNode(int node, Random random) {
        SlotId slot = slot(node);
        AttemptId attempt = live.remove(slot);
        carryOut(board.gone(slot, now));
        if (attempt != null) {
            AttemptOutcome outcome = random.nextBoolean() ? AttemptOutcome.NODE_LOST : AttemptOutcome.STALLED;
            carryOut(board.ended(slot, attempt, AttemptEnd.unmeasured(outcome, "code", "replaced"), now));
        }
        launches[node]++;
    }

    private void endOne(Random random) {
        if (live.isEmpty()) {
            return;
        }
        List<SlotId> slots = new ArrayList<>(live.keySet());
        SlotId slot = slots.get(random.nextInt(slots.size()));
        AttemptId attempt = live.get(slot);
        if (attempt == null) {
            return;
        }
        carryOut(board.advanced(attempt, new Position(Phase.DENOISING, 1, 2), now));
        if (random.nextInt(3) > 0) {
            succeed(slot, attempt);
        } else {
            live.remove(slot);
            carryOut(board.ended(
                    slot,
                    attempt,
                    new AttemptEnd(
                            AttemptOutcome.FAILED, "code", "it failed", random.nextInt(4) > 0, AttemptTimings.NONE),
                    now));
        }
    }

    private void succeed(SlotId slot, AttemptId attempt) {
        live.remove(slot);
        AssetRef asset = new AssetRef("k", "image/png", 1, "0".repeat(64), 1);
        carryOut(board.produced(slot, attempt, List.of(asset), AttemptTimings.NONE, now));
    }

    private void repeatSomethingOld(Random random) {
        for (Job job : ledger.values()) {
            if (job.attempts().size() > 1) {
                AttemptId old = new AttemptId(job.id(), 1);
                SlotId nowhere = new SlotId("gpu" + random.nextInt(NODES), 0, 0);
                assertThat(board.produced(nowhere, old, List.of(), AttemptTimings.NONE, now))
                        .isEmpty();
                assertThat(board.ended(nowhere, old, AttemptEnd.unmeasured(AttemptOutcome.FAILED, "c", "old"), now))
                        .isEmpty();
                return;
            }
        }
    }

    private void carryOut(List<BoardAction> actions) {
        for (BoardAction action : actions) {
            switch (action) {
                case BoardAction.Write(JobEvent event) -> {
                    Job before = Objects.requireNonNull(ledger.get(event.job()));
                    // Throws if the transition is not in the table: the attempt number must be the next, and so on.
                    ledger.put(event.job(), before.apply(event));
                }
                case BoardAction.Offer(var slot, var attempt, var request, var deadline, var learned) -> {
                    assertThat(live).doesNotContainKey(slot);
                    assertThat(live.values()).extracting(AttemptId::job).doesNotContain(attempt.job());
                    assertThat(deadline).isAfter(now);
                    live.put(slot, attempt);
                }
                case BoardAction.Cancel(var slot, var attempt, var reason) -> {
                    assertThat(live).containsEntry(slot, attempt);
                    live.remove(slot);
                    // The keeper reports the end of a cancelled attempt too; by then the job is past caring.
                    carryOut(board.ended(slot, attempt, AttemptEnd.handedBack("c", reason, AttemptTimings.NONE), now));
                }
                case BoardAction.Withdraw(var model, var reason) ->
                    assertThat(reason).containsPattern("stalled [23] GPUs");
                case BoardAction.Suspend(var node, var until, var reason) ->
                    assertThat(until).isAfter(now);
                case BoardAction.Deliver(Job job) -> {
                    ledger.put(job.id(), job.apply(new JobEvent.Delivered(job.id(), now)));
                    board.ended(job.id());
                }
            }
        }
    }
}
