package drover.cli;

import drover.horde.BridgeAgent;
import drover.horde.HordeClient;
import drover.horde.HordeError;
import drover.horde.HordeResult;
import drover.horde.Status;
import drover.source.HordeCheck.Finding;
import drover.source.HordeOnlineCheck;
import drover.source.bridge.BridgeData;
import drover.source.models.ModelPopularity;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** Asks a Horde what {@code horde check} wants to know of it. Nothing is changed by that: no pop is made. */
final class HordeQuestions implements AutoCloseable {
    private final BridgeAgent agent;
    private final HordeSession session;
    private final InstantSource clock;

    HordeQuestions(BridgeAgent agent, InstantSource clock) {
        this.agent = agent;
        this.session = new HordeSession(agent);
        this.clock = clock;
    }

    /**
     * What the Horde says about a worker.
     *
     * @param findings for its operator
     * @param popularity by which its models are chosen
     */
    record Said(List<Finding> findings, Optional<ModelPopularity> popularity) {
        static final Said NOTHING = new Said(List.of(), Optional.empty());
    }

    /** Asks everything, unless the first question has no answer. */
    Said about(BridgeData data) {
        HordeClient client = session.client(new HordeAccount(
                data.hordeUrl().toString(),
                data.apiKey().isSet() ? data.apiKey() : HordeAccount.ANONYMOUS.key(),
                Optional.empty()));
        Instant asked = clock.instant();
        HordeResult<Optional<Instant>> time = session.await(client.time());
        Instant answered = clock.instant();
        if (time instanceof HordeResult.Failed<Optional<Instant>>(HordeError error)) {
            return new Said(
                    HordeOnlineCheck.of(
                            data,
                            agent,
                            new HordeOnlineCheck.Answers(
                                    asked,
                                    answered,
                                    time,
                                    new HordeResult.Failed<>(error),
                                    new HordeResult.Failed<>(error),
                                    new HordeResult.Failed<>(error),
                                    new HordeResult.Failed<>(error))),
                    Optional.empty());
        }
        HordeOnlineCheck.Answers answers = new HordeOnlineCheck.Answers(
                asked,
                answered,
                time,
                session.await(client.heartbeat()),
                session.await(client.modes()),
                session.await(client.user()),
                session.await(client.workerByName(data.workerName())));
        return new Said(
                HordeOnlineCheck.of(data, agent, answers),
                switch (session.await(client.modelUse(Status.ModelState.KNOWN))) {
                    case HordeResult.Ok<Status.ModelUse>(Status.ModelUse use) -> ModelPopularity.of(use);
                    case HordeResult.Failed<Status.ModelUse> _ -> Optional.empty();
                });
    }

    @Override
    public void close() {
        session.close();
    }
}
