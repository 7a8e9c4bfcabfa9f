package drover.safety;

import drover.inference.EngineException;
import drover.inference.Safety;
import drover.inference.SafetyPolicy;
import drover.inference.SafetyResult;
import drover.picture.Picture;
import drover.safety.PictureChecker.Findings;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Scheduler;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** Where runners bring their pictures: asks the {@link SafetyActor}, reads the prompt, and says what becomes of both. */
public final class SafetyDesk implements Safety {
    /** What the actor's answer may take beyond the time of a look. */
    private static final Duration MARGIN = Duration.ofSeconds(5);

    private final ActorRef<SafetyActor.Command> actor;
    private final PromptFilter filter;
    private final Duration patience;
    private final Scheduler scheduler;

    /**
     * A desk.
     *
     * @param timeout how long one look may take
     */
    public SafetyDesk(ActorRef<SafetyActor.Command> actor, PromptFilter filter, Duration timeout, Scheduler scheduler) {
        this.actor = actor;
        this.filter = filter;
        this.patience = timeout.plus(MARGIN);
        this.scheduler = scheduler;
    }

    @Override
    public boolean forbids(String prompt) {
        return filter.forbids(prompt);
    }

    @Override
    public SafetyResult judge(String prompt, SafetyPolicy policy, Picture picture) throws EngineException {
        Optional<Findings> findings = look(policy, picture);
        return SafetyRules.decide(
                policy, filter.forbids(prompt), filter.mentions(prompt, policy.censorlist()), findings);
    }

    /** Empty if nobody can look at it and the policy does not mind. */
    private Optional<Findings> look(SafetyPolicy policy, Picture picture) throws EngineException {
        return switch (ask(picture)) {
            case SafetyActor.Reply.Seen(Findings findings) -> Optional.of(findings);
            case SafetyActor.Reply.Failed(String reason, boolean hung) ->
                throw new EngineException.SafetyFailed("the picture is withheld: " + reason, hung);
            case SafetyActor.Reply.Unavailable(String reason) -> {
                if (policy.required()) {
                    throw new EngineException.SafetyUnavailable("the picture is withheld: " + reason);
                }
                yield Optional.empty();
            }
        };
    }

    private SafetyActor.Reply ask(Picture picture) throws EngineException {
        try {
            return AskPattern.<SafetyActor.Command, SafetyActor.Reply>ask(
                            actor, replyTo -> new SafetyActor.Check(picture, replyTo), patience, scheduler)
                    .toCompletableFuture()
                    .get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new EngineException.Cancelled();
        } catch (ExecutionException | TimeoutException e) {
            throw new EngineException.SafetyFailed(
                    "the picture is withheld: it was not looked at within " + patience, false);
        }
    }
}
