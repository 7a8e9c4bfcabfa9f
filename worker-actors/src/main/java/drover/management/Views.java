package drover.management;

import drover.board.JobBoard;
import drover.board.NodeStanding;
import drover.board.SlotId;
import drover.board.WithdrawnModel;
import drover.board.WorkAmount;
import drover.client.AuditView;
import drover.client.IncidentsView;
import drover.client.IncidentsView.FollowUpView;
import drover.client.IncidentsView.IncidentView;
import drover.client.IncidentsView.StallView;
import drover.client.ModelsView;
import drover.client.NodesView;
import drover.client.NodesView.ActorView;
import drover.client.NodesView.MemoryView;
import drover.client.NodesView.NodeView;
import drover.client.NodesView.PositionView;
import drover.client.NodesView.StandingView;
import drover.client.NodesView.WorkView;
import drover.client.OverviewView;
import drover.client.WatchdogView;
import drover.inference.AttemptId;
import drover.inference.Position;
import drover.job.Job;
import drover.job.Work;
import drover.ledger.AuditEntry;
import drover.node.NodeStatus;
import drover.node.NodeSupervisor;
import drover.watchdog.Incident;
import drover.watchdog.LearnedTimeouts;
import drover.watchdog.Stall;
import drover.watchdog.Table;
import drover.watchdog.WatchCounts;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Turns what the runtime knows into what the operator's API shows. */
final class Views {
    private Views() {}

    static NodesView nodes(NodeSupervisor.Status status, JobBoard.Snapshot board, Instant now) {
        Map<String, NodeStanding> standings =
                board.nodes().stream().collect(Collectors.toMap(NodeStanding::node, Function.identity()));
        return new NodesView(status.nodes().stream()
                .map(node -> node(node, Optional.ofNullable(standings.get(node.node())), now))
                .toList());
    }

    static NodeView node(NodeStatus node, Optional<NodeStanding> standing, Instant now) {
        return new NodeView(
                node.node(),
                node.device().name(),
                node.state().name(),
                node.since(),
                node.launch(),
                boxed(node.pid()),
                node.restarts(),
                node.engine(),
                node.models().stream().sorted().toList(),
                node.resident().stream().sorted().toList(),
                node.checks(),
                node.memory()
                        .map(m -> new MemoryView(
                                m.residentBytes(), m.heapUsedBytes(), m.heapMaxBytes(), m.nativeHandles())),
                node.slots().stream()
                        .map(slot -> new ActorView(slot.index(), slot.work().map(work -> work(work, now))))
                        .toList(),
                node.standby(),
                node.note(),
                node.until(),
                standing.map(Views::standing));
    }

    private static StandingView standing(NodeStanding standing) {
        return new StandingView(
                standing.trust().name(),
                standing.until(),
                standing.reliability(),
                standing.failuresInARow(),
                standing.reason(),
                mapped(standing.speeds(), Work::mega));
    }

    private static WorkView work(NodeStatus.Work work, Instant now) {
        return new WorkView(
                work.attempt().job().value(),
                work.attempt().number(),
                work.model(),
                work.position().map(Views::position),
                seconds(Duration.between(work.lastAdvance(), now)));
    }

    /** By model: which nodes can run it, and which have it in memory. */
    static ModelsView models(NodeSupervisor.Status status, List<WithdrawnModel> withdrawn) {
        Map<String, Set<String>> runnable = new TreeMap<>();
        Map<String, Set<String>> resident = new TreeMap<>();
        for (NodeStatus node : status.nodes()) {
            node.models()
                    .forEach(m ->
                            runnable.computeIfAbsent(m, _ -> new TreeSet<>()).add(node.node()));
            node.resident()
                    .forEach(m ->
                            resident.computeIfAbsent(m, _ -> new TreeSet<>()).add(node.node()));
        }
        Set<String> all = new TreeSet<>(runnable.keySet());
        all.addAll(resident.keySet());
        return new ModelsView(
                all.stream()
                        .map(model -> new ModelsView.ModelView(
                                model,
                                List.copyOf(runnable.getOrDefault(model, Set.of())),
                                List.copyOf(resident.getOrDefault(model, Set.of()))))
                        .toList(),
                withdrawn.stream()
                        .map(it -> new ModelsView.WithdrawnView(it.model(), it.reason(), it.since(), it.until()))
                        .toList());
    }

    static AuditView audit(List<AuditEntry> entries) {
        return new AuditView(entries.stream()
                .map(e -> new AuditView.EntryView(
                        e.id(), e.at(), e.who(), e.remote(), e.action(), e.subject(), e.detail(), e.result()))
                .toList());
    }

    static WatchdogView watchdog(Table table, List<LearnedTimeouts.Row> learned) {
        WatchCounts counts = table.counts();
        return new WatchdogView(
                counts.watched(),
                counts.nodes(),
                new WatchdogView.CountsView(
                        counts.advances(),
                        counts.idleReports(),
                        counts.heartbeats(),
                        counts.lateAdvances(),
                        counts.cancels(),
                        counts.restarts(),
                        counts.replacements(),
                        counts.silentNodes(),
                        seconds(counts.slept())),
                table.rows().stream().map(Views::row).toList(),
                learned.stream().map(Views::learned).toList());
    }

    private static WatchdogView.LearnedView learned(LearnedTimeouts.Row row) {
        return new WatchdogView.LearnedView(
                row.node(),
                row.model(),
                row.kind(),
                row.phase().name(),
                row.observations(),
                row.limit().map(limit -> seconds(limit.quantile())),
                row.limit().map(limit -> seconds(limit.length())));
    }

    private static WatchdogView.RowView row(Table.Row row) {
        return new WatchdogView.RowView(
                row.attempt().job().value(),
                row.attempt().number(),
                row.model(),
                position(row.position()),
                seconds(row.sinceAdvance()),
                row.sinceHeartbeat().map(Views::seconds),
                seconds(row.limit()),
                row.origin(),
                row.rung().name(),
                row.left().map(Views::seconds));
    }

    static OverviewView overview(JobBoard.Snapshot board, List<Job> newest) {
        return new OverviewView(
                board.waiting(),
                board.undelivered(),
                board.idleSlots().stream().map(SlotId::toString).toList(),
                board.out().stream()
                        .map(running -> new OverviewView.RunningView(
                                running.attempt().job().value(),
                                running.attempt().number(),
                                running.model(),
                                running.slot().toString(),
                                running.position().map(Views::position)))
                        .toList(),
                pending(board.pending()),
                mapped(board.pendingByModel(), Views::pending),
                mapped(board.pendingByTenant(), Views::pending),
                board.withdrawn().stream()
                        .map(it -> new OverviewView.WithdrawnView(it.model(), it.reason(), it.since(), it.until()))
                        .toList(),
                newest.stream().map(Views::summary).toList());
    }

    private static OverviewView.PendingView pending(WorkAmount amount) {
        return new OverviewView.PendingView(amount.jobs(), Work.mega((double) amount.work()));
    }

    private static <A, B> Map<String, B> mapped(Map<String, A> map, Function<A, B> view) {
        return map.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, e -> view.apply(e.getValue())));
    }

    static OverviewView.SummaryView summary(Job job) {
        return new OverviewView.SummaryView(
                job.id().value(),
                job.state().name(),
                job.tenant().name(),
                job.request().model(),
                job.attempts().size(),
                job.accepted(),
                job.changed(),
                job.deadline(),
                job.fault().map(fault -> fault.detail() + " (" + fault.code() + ")"));
    }

    static IncidentsView incidents(List<Incident> incidents) {
        return new IncidentsView(incidents.stream().map(Views::incident).toList());
    }

    private static IncidentView incident(Incident incident) {
        return new IncidentView(
                incident.id(),
                incident.at(),
                incident.node(),
                incident.gpu(),
                cause(incident.cause()),
                incident.rung().name(),
                incident.explain(),
                incident.cause() instanceof Incident.Cause.Stalled(Stall stall)
                        ? Optional.of(stall(stall))
                        : Optional.empty(),
                boxed(incident.memory().resident()),
                boxed(incident.memory().heap()),
                boxed(incident.memory().device()),
                incident.stack() instanceof Incident.Stack.Taken taken ? taken.lines() : List.of(),
                switch (incident.stack()) {
                    case Incident.Stack.Taken taken -> taken.thread();
                    case Incident.Stack.NotTaken notTaken -> notTaken.reason();
                },
                incident.lost().stream().map(AttemptId::toString).toList(),
                incident.followUps().stream()
                        .map(f -> new FollowUpView(f.lost().toString(), f.next().toString(), f.node()))
                        .toList());
    }

    private static String cause(Incident.Cause cause) {
        return switch (cause) {
            case Incident.Cause.Stalled _ -> "stalled";
            case Incident.Cause.Silent _ -> "silent";
            case Incident.Cause.Exited _ -> "exited";
            case Incident.Cause.Unusable _ -> "unusable";
        };
    }

    private static StallView stall(Stall stall) {
        return new StallView(
                stall.attempt().job().value(),
                stall.attempt().number(),
                stall.model(),
                position(stall.position()),
                stall.percent(),
                seconds(stall.sinceAdvance()),
                stall.sinceHeartbeat().map(Views::seconds),
                seconds(stall.limit()),
                stall.origin(),
                stall.watchdog());
    }

    private static PositionView position(Position position) {
        return new PositionView(position.phase().name(), position.step(), position.of());
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1e3;
    }

    private static Optional<Long> boxed(OptionalLong value) {
        return value.isPresent() ? Optional.of(value.getAsLong()) : Optional.empty();
    }
}
