package drover.management;

import drover.board.JobBoard;
import drover.client.ConfigView;
import drover.client.ReloadView;
import drover.ledger.AuditLog;
import drover.ledger.IncidentLog;
import drover.ledger.JobLedger;
import drover.node.NodeSupervisor;
import drover.report.ReportDesk;
import drover.source.dreamer.HordeSource;
import drover.watchdog.Watchdog;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * What the operator's API stands on.
 *
 * @param nodes knows and commands the nodes
 * @param watchdog the control process's
 * @param board knows what waits and runs
 * @param ledger knows the jobs
 * @param incidents knows the incidents
 * @param audit knows and keeps what operators have changed
 * @param horde knows how the work for the Horde goes
 * @param reports makes reports; empty on a host without a job database
 * @param ids gives each change a name of its own
 * @param meters where figures are kept for Prometheus
 * @param reload reads the configuration again and puts it in force, or says what is wrong; may block for a
 *     moment
 * @param config the configuration that is in force
 * @param drain ends this Drover in good order; returns at once
 * @param clock the time
 */
public record ManagementContext(
        ActorRef<NodeSupervisor.Command> nodes,
        ActorRef<Watchdog.Command> watchdog,
        ActorRef<JobBoard.Command> board,
        ActorRef<JobLedger.Command> ledger,
        ActorRef<IncidentLog.Command> incidents,
        ActorRef<AuditLog.Command> audit,
        ActorRef<HordeSource.Command> horde,
        Optional<ReportDesk> reports,
        Supplier<String> ids,
        PrometheusMeterRegistry meters,
        Supplier<ReloadView> reload,
        Supplier<ConfigView> config,
        Runnable drain,
        InstantSource clock) {}
