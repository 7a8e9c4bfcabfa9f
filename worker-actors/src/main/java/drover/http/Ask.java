package drover.http;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Scheduler;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** Asks actors within the API's time limit. */
final class Ask {
    private final Duration limit;
    private final Scheduler scheduler;

    Ask(Duration limit, Scheduler scheduler) {
        this.limit = limit;
        this.scheduler = scheduler;
    }

    /** The answer; fails with a {@link java.util.concurrent.TimeoutException}. */
    <Q, A> CompletionStage<A> of(ActorRef<? super Q> actor, Function<ActorRef<A>, Q> question) {
        return AskPattern.<Q, A>ask(actor.unsafeUpcast(), question::apply, limit, scheduler);
    }
}
