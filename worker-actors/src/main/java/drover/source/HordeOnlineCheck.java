package drover.source;

import drover.horde.BridgeAgent;
import drover.horde.HordeError;
import drover.horde.HordeResult;
import drover.horde.Status;
import drover.horde.User;
import drover.horde.WorkerDetails;
import drover.source.HordeCheck.Finding;
import drover.source.HordeCheck.Level;
import drover.source.bridge.BridgeData;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Says before the start what would go wrong with a worker, as far as the Horde itself can tell without a pop. */
public final class HordeOnlineCheck {
    private static final Duration TOLERABLE = Duration.ofSeconds(5);
    private static final Duration INTOLERABLE = Duration.ofSeconds(60);

    private final List<Finding> findings = new ArrayList<>();

    /**
     * What the Horde answered.
     *
     * @param asked by this machine's clock, before its time was asked for
     * @param answered by this machine's clock, when the answer was there
     * @param time by the server's clock
     * @param heartbeat how the server is
     * @param modes how the whole Horde is
     * @param user whose key it is
     * @param worker who has the name, if anybody
     */
    public record Answers(
            Instant asked,
            Instant answered,
            HordeResult<Optional<Instant>> time,
            HordeResult<Status.Heartbeat> heartbeat,
            HordeResult<Status.Modes> modes,
            HordeResult<User> user,
            HordeResult<WorkerDetails> worker) {}

    private HordeOnlineCheck() {}

    /**
     * Looks at one worker.
     *
     * @param agent as which it will introduce itself
     */
    public static List<Finding> of(BridgeData data, BridgeAgent agent, Answers answers) {
        HordeOnlineCheck check = new HordeOnlineCheck();
        if (check.server(data, answers)) {
            check.clock(answers);
            check.modes(answers.modes());
            check.user(data, answers.user()).ifPresent(user -> check.worker(data, user, answers.worker()));
        }
        check.agent(data, agent);
        return List.copyOf(check.findings);
    }

    private void add(Level level, String text) {
        findings.add(new Finding(level, text));
    }

    /** Whether it is there, so that more can be asked. */
    private boolean server(BridgeData data, Answers answers) {
        return switch (answers.heartbeat()) {
            case HordeResult.Failed<Status.Heartbeat>(HordeError error) -> {
                add(
                        Level.FAILURE,
                        "the Horde at " + data.hordeUrl() + " does not answer as it should: " + error.message());
                yield false;
            }
            case HordeResult.Ok<Status.Heartbeat>(Status.Heartbeat heartbeat) -> {
                boolean well = heartbeat.message().equals("OK");
                add(
                        well ? Level.OK : Level.WARNING,
                        "the Horde at " + data.hordeUrl() + " answers"
                                + heartbeat
                                        .version()
                                        .map(version -> ", version " + version)
                                        .orElse("")
                                + (well ? "" : ", and says that it is " + heartbeat.message()));
                yield true;
            }
        };
    }

    /** The server's time has no fractions, and was taken at some time between question and answer. */
    private void clock(Answers answers) {
        if (!(answers.time() instanceof HordeResult.Ok<Optional<Instant>>(Optional<Instant> time)) || time.isEmpty()) {
            add(Level.WARNING, "the Horde did not tell its time, so this machine's clock could not be compared");
            return;
        }
        Duration ahead = Duration.between(time.get().plusSeconds(1), answers.asked());
        Duration behind = Duration.between(answers.answered(), time.get());
        Duration off = ahead.compareTo(behind) > 0 ? ahead : behind;
        String direction = ahead.compareTo(behind) > 0 ? "ahead of" : "behind";
        if (off.compareTo(TOLERABLE) <= 0) {
            add(Level.OK, "this machine's clock agrees with the Horde's");
            return;
        }
        add(
                off.compareTo(INTOLERABLE) > 0 ? Level.FAILURE : Level.WARNING,
                "this machine's clock is " + off.toSeconds() + " s " + direction
                        + " the Horde's; upload addresses and times to live go by that, so set the clock, best by NTP");
    }

    private void modes(HordeResult<Status.Modes> result) {
        switch (result) {
            case HordeResult.Ok<Status.Modes>(Status.Modes modes) -> {
                if (modes.maintenanceMode()) {
                    add(Level.WARNING, "the whole Horde is in maintenance and takes no new requests");
                }
                if (modes.inviteOnlyMode()) {
                    add(
                            Level.WARNING,
                            "the Horde takes new workers on invitation only; ask its owners if this one is new");
                }
            }
            case HordeResult.Failed<Status.Modes>(HordeError error) -> add(Level.WARNING, error.message());
        }
    }

    private Optional<User> user(BridgeData data, HordeResult<User> result) {
        if (!data.hasAccount()) {
            return Optional.empty(); // The check of the file has said so.
        }
        switch (result) {
            case HordeResult.Failed<User>(HordeError error) -> {
                add(Level.FAILURE, error.message());
                return Optional.empty();
            }
            case HordeResult.Ok<User>(User user) -> {
                add(
                        Level.OK,
                        "the API key is that of %s, with %,.0f kudos, %s"
                                .formatted(
                                        user.username(),
                                        user.kudos(),
                                        user.trusted().orElse(false)
                                                ? "trusted"
                                                : "not yet trusted: half of its jobs' kudos are held back until it is"));
                if (user.flagged().orElse(false)) {
                    add(Level.FAILURE, "the account is flagged, so its workers get no jobs; ask the Horde's people");
                }
                return Optional.of(user);
            }
        }
    }

    private void worker(BridgeData data, User user, HordeResult<WorkerDetails> result) {
        switch (result) {
            case HordeResult.Failed<WorkerDetails>(HordeError.NotFound _) ->
                add(Level.OK, "the name " + data.workerName() + " is free; the worker is listed after its first pop");
            case HordeResult.Failed<WorkerDetails>(HordeError error) -> add(Level.WARNING, error.message());
            case HordeResult.Ok<WorkerDetails>(WorkerDetails worker) -> named(data, user, worker);
        }
    }

    private void named(BridgeData data, User user, WorkerDetails worker) {
        boolean ours = user.workerIds().contains(worker.id())
                || worker.owner().filter(user.username()::equals).isPresent();
        if (!ours) {
            add(
                    Level.FAILURE,
                    "the name " + data.workerName() + " is taken by "
                            + worker.owner().orElse("another account")
                            + "; choose another dreamer_name, or use the owner's key");
            return;
        }
        if (worker.type().filter(type -> !type.equals("image")).isPresent()) {
            add(
                    Level.FAILURE,
                    "the name " + data.workerName() + " is that of your "
                            + worker.type().get()
                            + " worker; names are unique across all kinds, so choose another dreamer_name");
            return;
        }
        add(
                Level.OK,
                "the worker is known: %,d jobs done, %,d not completed, %s"
                        .formatted(
                                worker.requestsFulfilled().orElse(0L),
                                worker.uncompletedJobs().orElse(0L),
                                worker.online().orElse(false) ? "online" : "offline"));
        if (worker.paused().orElse(false)) {
            add(Level.FAILURE, "the Horde's people have paused this worker; ask them");
        }
        if (worker.maintenanceMode().orElse(false)) {
            add(
                    Level.WARNING,
                    data.habits().removeMaintenanceOnInit()
                            ? "the worker is in maintenance, which ends at the start (remove_maintenance_on_init)"
                            : "the worker is in maintenance and gets nobody's jobs but yours; when the cause is gone:"
                                    + " ./drover horde maintenance off");
        }
        worker.messages().forEach(message -> add(Level.WARNING, "the Horde says to this worker: " + message.message()));
    }

    private void agent(BridgeData data, BridgeAgent agent) {
        AgentCapabilities capabilities = AgentCapabilities.of(agent);
        Level level = switch (capabilities.standing()) {
            case CURRENT -> Level.OK;
            case OUTDATED, OTHER, UNKNOWN -> Level.WARNING;
        };
        add(level, capabilities.sentence());
        if (!data.hordeUrl().toString().contains("aihorde.net") && level != Level.OK) {
            add(
                    Level.WARNING,
                    "what " + data.hordeUrl() + " grants to which agents is not known here; the public Horde's table is"
                            + " taken");
        }
    }
}
