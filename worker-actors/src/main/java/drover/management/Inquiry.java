package drover.management;

import drover.board.JobBoard;
import drover.inference.JobId;
import drover.job.Job;
import drover.job.JobState;
import drover.ledger.AuditEntry;
import drover.ledger.AuditLog;
import drover.ledger.IncidentLog;
import drover.ledger.JobLedger;
import drover.ledger.LedgerStatistics;
import drover.node.NodeReply;
import drover.node.NodeSupervisor;
import drover.source.dreamer.HordeSource;
import drover.source.dreamer.HordeStatus;
import drover.watchdog.Incident;
import drover.watchdog.Table;
import drover.watchdog.WatchCounts;
import drover.watchdog.Watchdog;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** Asks the runtime's actors on behalf of a caller outside of it; an actor that does not answer in time is a failure. */
final class Inquiry {
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private final ManagementContext context;
    private final ActorSystem<?> system;

    Inquiry(ManagementContext context, ActorSystem<?> system) {
        this.context = context;
        this.system = system;
    }

    CompletionStage<NodeSupervisor.Status> nodes() {
        return ask(context.nodes(), NodeSupervisor.GetStatus::new);
    }

    CompletionStage<NodeReply> act(Function<ActorRef<NodeReply>, NodeSupervisor.Command> command) {
        return ask(context.nodes(), command);
    }

    CompletionStage<Table> watchdogTable() {
        return ask(context.watchdog(), Watchdog.GetTable::new);
    }

    CompletionStage<WatchCounts> watchdogCounts() {
        return ask(context.watchdog(), Watchdog.GetCounts::new);
    }

    CompletionStage<JobBoard.Snapshot> board() {
        return ask(context.board(), JobBoard.GetSnapshot::new);
    }

    CompletionStage<HordeStatus> horde() {
        return ask(context.horde(), HordeSource.GetStatus::new);
    }

    CompletionStage<LedgerStatistics> ledger() {
        return ask(context.ledger(), JobLedger.GetStatistics::new);
    }

    CompletionStage<JobLedger.ReadReply<List<Job>>> jobs(
            Optional<JobState> state, Optional<String> model, Optional<JobId> before, int limit) {
        return ask(context.ledger(), replyTo -> new JobLedger.Query(state, model, before, limit, replyTo));
    }

    CompletionStage<JobLedger.ReadReply<List<Incident>>> incidents(int limit) {
        return ask(context.incidents(), replyTo -> new IncidentLog.Newest(limit, replyTo));
    }

    CompletionStage<JobLedger.ReadReply<Optional<Job>>> job(JobId id) {
        return ask(context.ledger(), replyTo -> new JobLedger.Find(id, replyTo));
    }

    CompletionStage<JobBoard.CancelReply> cancel(JobId id) {
        return ask(context.board(), replyTo -> new JobBoard.CancelJob(id, replyTo));
    }

    CompletionStage<JobBoard.RequeueReply> requeue(JobId id) {
        return ask(context.board(), replyTo -> new JobBoard.RequeueJob(id, replyTo));
    }

    CompletionStage<JobBoard.ModelReply> withdraw(String model, String reason) {
        return ask(context.board(), replyTo -> new JobBoard.WithdrawModel(model, reason, replyTo));
    }

    CompletionStage<JobBoard.ModelReply> release(String model) {
        return ask(context.board(), replyTo -> new JobBoard.ReleaseModel(model, replyTo));
    }

    Journal journal() {
        return new Journal(context.audit(), context.ids(), context.clock(), system);
    }

    CompletionStage<JobLedger.ReadReply<List<AuditEntry>>> audit(int limit) {
        return ask(context.audit(), replyTo -> new AuditLog.Newest(limit, replyTo));
    }

    private <C, R> CompletionStage<R> ask(ActorRef<C> actor, Function<ActorRef<R>, C> question) {
        return AskPattern.ask(actor, question::apply, PATIENCE, system.scheduler());
    }
}
