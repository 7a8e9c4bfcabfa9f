package drover.management;

import drover.board.JobBoard;
import drover.board.NodeStanding;
import drover.board.WorkAmount;
import drover.job.JobEvent;
import drover.job.Work;
import drover.ledger.LedgerStatistics;
import drover.node.NodeState;
import drover.node.NodeStatus;
import drover.node.NodeSupervisor;
import drover.watchdog.Incident;
import drover.watchdog.NodeSilent;
import drover.watchdog.Stall;
import drover.watchdog.WatchCounts;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * Figures for Prometheus. What happens is counted from the event stream as it happens; what is, is asked of the actors
 * when somebody looks.
 */
final class Metrics {
    private final PrometheusMeterRegistry registry;
    private final Inquiry inquiry;
    private final MultiGauge jobs;
    private final MultiGauge pendingByModel;
    private final MultiGauge pendingByTenant;
    private final MultiGauge reliability;
    private final MultiGauge trust;
    private final MultiGauge speed;
    private final MultiGauge withdrawn;
    private final MultiGauge states;
    private final MultiGauge restarts;
    private final MultiGauge resident;
    private final MultiGauge heap;
    private final MultiGauge handles;
    private final AtomicReference<Optional<LedgerStatistics>> ledger = new AtomicReference<>(Optional.empty());
    private final AtomicReference<Optional<WatchCounts>> counts = new AtomicReference<>(Optional.empty());

    Metrics(Inquiry inquiry, PrometheusMeterRegistry registry, ActorSystem<?> system) {
        this.registry = registry;
        this.inquiry = inquiry;
        jobs = perRow("drover.board.jobs", "Jobs on the board: waiting, out with a node, made and not delivered.");
        pendingByModel =
                perRow("drover.board.pending.model.megapixel.steps", "Work of jobs that wait or are out, by model.");
        pendingByTenant =
                perRow("drover.board.pending.tenant.megapixel.steps", "Work of jobs that wait or are out, by tenant.");
        reliability = perRow("drover.node.reliability", "Decayed share of attempts that ended well, 0 to 1.");
        trust = perRow("drover.node.trust", "1 for what the board thinks of a node: open, suspended, on probation.");
        speed = perRow("drover.node.megapixel.steps.per.second", "Decayed speed by model, loading not counted.");
        withdrawn = perRow("drover.model.withdrawn", "1 for a model that is not offered.");
        states = perRow("drover.node.state", "1 for the state that a node is in.");
        restarts = perRow("drover.node.restarts", "Processes started in place of one that had ended.");
        resident = perRow("drover.node.memory.resident.bytes", "Memory of the node's process.");
        heap = perRow("drover.node.memory.heap.bytes", "Java heap in use by the node's process.");
        handles = perRow("drover.node.native.handles", "Objects of native memory that the node's engine holds.");

        level("drover.ledger.writable", "1 if the job database can be written.", ledger, l -> l.writable() ? 1 : 0);
        level("drover.ledger.unfinished", "Jobs that have not come to their end.", ledger, l ->
                (double) l.unfinished());
        level("drover.ledger.pending", "Events that wait for a commit.", ledger, l -> (double) l.pending());
        total("drover.ledger.commits", "Transactions written.", ledger, l -> (double) l.commits());
        total("drover.ledger.events", "Events written.", ledger, l -> (double) l.events());
        level("drover.ledger.commit.p50.seconds", "Half of all commits took no longer.", ledger, l -> seconds(l.p50()));
        level("drover.ledger.commit.p99.seconds", "99 % of commits took no longer.", ledger, l -> seconds(l.p99()));
        level("drover.ledger.commit.max.seconds", "The longest commit.", ledger, l -> seconds(l.max()));

        level("drover.watchdog.watched", "Attempts watched now.", counts, c -> (double) c.watched());
        total("drover.watchdog.advances", "Reports beyond the highest position.", counts, c -> (double) c.advances());
        total("drover.watchdog.idle.reports", "Reports not beyond it.", counts, c -> (double) c.idleReports());
        total("drover.watchdog.heartbeats", "Heartbeats of watched attempts.", counts, c -> (double) c.heartbeats());
        total("drover.watchdog.late.advances", "Advances after a verdict.", counts, c -> (double) c.lateAdvances());

        new ClassLoaderMetrics().bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        system.systemActorOf(listener(), "metrics-" + UUID.randomUUID(), Props.empty());
    }

    /** Counts a request that the operator's API has answered. */
    void answered(String method, int status) {
        registry.counter("drover.management.requests", "method", method, "status", Integer.toString(status))
                .increment();
    }

    /** Everything, as Prometheus reads it. Of what does not answer in time, the last known figures stand. */
    CompletionStage<String> scrape() {
        return CompletableFuture.allOf(
                        settled(inquiry.board(), this::board),
                        settled(inquiry.nodes(), this::nodes),
                        settled(inquiry.ledger(), found -> ledger.set(Optional.of(found))),
                        settled(inquiry.watchdogCounts(), found -> counts.set(Optional.of(found))))
                .thenApply(done -> registry.scrape());
    }

    private static <T> CompletableFuture<Void> settled(CompletionStage<T> answer, Consumer<T> use) {
        return answer.thenAccept(use).exceptionally(e -> null).toCompletableFuture();
    }

    private Behavior<Object> listener() {
        return Behaviors.setup(context -> {
            for (Class<?> type : List.of(JobEvent.class, Incident.class, NodeSilent.class)) {
                context.getSystem()
                        .eventStream()
                        .tell(new EventStream.Subscribe<>(
                                type, context.getSelf().narrow()));
            }
            return Behaviors.receive(Object.class)
                    .onMessage(JobEvent.class, event -> count(event))
                    .onMessage(Incident.class, incident -> count(incident))
                    .onMessage(NodeSilent.class, silent -> count(silent))
                    .build();
        });
    }

    private Behavior<Object> count(JobEvent event) {
        String name = event.getClass().getSimpleName();
        registry.counter("drover.job.events", "event", name).increment();
        if (event instanceof JobEvent.AttemptEnded ended) {
            registry.counter("drover.attempts.ended", "outcome", ended.outcome().name())
                    .increment();
        } else if (event instanceof JobEvent.Produced) {
            registry.counter("drover.attempts.ended", "outcome", "PRODUCED").increment();
        }
        return Behaviors.same();
    }

    private Behavior<Object> count(Incident incident) {
        registry.counter(
                        "drover.incidents",
                        "node",
                        incident.node(),
                        "rung",
                        incident.rung().name())
                .increment();
        if (incident.cause() instanceof Incident.Cause.Stalled(Stall stall)) {
            registry.counter(
                            "drover.stalls",
                            "rung",
                            incident.rung().name(),
                            "phase",
                            stall.position().phase().name(),
                            "model",
                            stall.model())
                    .increment();
        }
        return Behaviors.same();
    }

    private Behavior<Object> count(NodeSilent silent) {
        registry.counter("drover.node.silences", "node", silent.node()).increment();
        return Behaviors.same();
    }

    private void board(JobBoard.Snapshot board) {
        jobs.register(
                List.of(
                        row(board.waiting(), "state", "waiting"),
                        row(board.out().size(), "state", "out"),
                        row(board.undelivered(), "state", "undelivered")),
                true);
        pendingByModel.register(pending(board.pendingByModel(), "model"), true);
        pendingByTenant.register(pending(board.pendingByTenant(), "tenant"), true);
        withdrawn.register(
                board.withdrawn().stream()
                        .<MultiGauge.Row<?>>map(it -> row(1, "model", it.model()))
                        .toList(),
                true);
        List<MultiGauge.Row<?>> rates = new ArrayList<>();
        List<MultiGauge.Row<?>> trusted = new ArrayList<>();
        List<MultiGauge.Row<?>> speeds = new ArrayList<>();
        for (NodeStanding node : board.nodes()) {
            rates.add(row(node.reliability(), "node", node.node()));
            for (NodeStanding.Trust each : NodeStanding.Trust.values()) {
                trusted.add(row(node.trust() == each ? 1 : 0, "node", node.node(), "trust", each.name()));
            }
            node.speeds()
                    .forEach((model, value) -> speeds.add(row(Work.mega(value), "node", node.node(), "model", model)));
        }
        reliability.register(rates, true);
        trust.register(trusted, true);
        speed.register(speeds, true);
    }

    private static List<MultiGauge.Row<?>> pending(Map<String, WorkAmount> amounts, String tag) {
        return amounts.entrySet().stream()
                .<MultiGauge.Row<?>>map(e -> row(Work.mega((double) e.getValue().work()), tag, e.getKey()))
                .toList();
    }

    private void nodes(NodeSupervisor.Status status) {
        List<MultiGauge.Row<?>> inState = new ArrayList<>();
        List<MultiGauge.Row<?>> restarted = new ArrayList<>();
        List<MultiGauge.Row<?>> residentBytes = new ArrayList<>();
        List<MultiGauge.Row<?>> heapBytes = new ArrayList<>();
        List<MultiGauge.Row<?>> nativeHandles = new ArrayList<>();
        for (NodeStatus node : status.nodes()) {
            for (NodeState state : NodeState.values()) {
                inState.add(row(node.state() == state ? 1 : 0, "node", node.node(), "state", state.name()));
            }
            restarted.add(row(node.restarts(), "node", node.node()));
            node.memory().ifPresent(memory -> {
                residentBytes.add(row(memory.residentBytes(), "node", node.node()));
                heapBytes.add(row(memory.heapUsedBytes(), "node", node.node()));
                nativeHandles.add(row(memory.nativeHandles(), "node", node.node()));
            });
        }
        states.register(inState, true);
        restarts.register(restarted, true);
        resident.register(residentBytes, true);
        heap.register(heapBytes, true);
        handles.register(nativeHandles, true);
    }

    private MultiGauge perRow(String name, String description) {
        return MultiGauge.builder(name).description(description).register(registry);
    }

    private <T> void level(
            String name, String description, AtomicReference<Optional<T>> latest, ToDoubleFunction<T> value) {
        Gauge.builder(name, latest, l -> valueOf(l, value, Double.NaN))
                .description(description)
                .register(registry);
    }

    private <T> void total(
            String name, String description, AtomicReference<Optional<T>> latest, ToDoubleFunction<T> value) {
        FunctionCounter.builder(name, latest, l -> valueOf(l, value, 0))
                .description(description)
                .register(registry);
    }

    private static <T> double valueOf(
            AtomicReference<Optional<T>> latest, ToDoubleFunction<T> value, double otherwise) {
        Optional<T> found = Objects.requireNonNull(latest.get());
        return found.isPresent() ? value.applyAsDouble(found.get()) : otherwise;
    }

    private static MultiGauge.Row<Number> row(Number value, String... tags) {
        return MultiGauge.Row.of(Tags.of(tags), value);
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
