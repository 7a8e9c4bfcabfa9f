package drover.rules;

import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * What {@link Rules} may ask of whatever they live in: an actor, or a simulator on virtual time. As with an actor's
 * context, only the rules themselves may use it, while they hear a message.
 *
 * @param <M> what the rules hear
 */
public interface Surroundings<M> {
    /** Where others reach the rules. */
    ActorRef<M> self();

    /** This same place, written so that another process can reach it. */
    String address();

    /** Messages to itself, later. */
    TimerScheduler<M> timers();

    /** Where to tell what happens. */
    Logger log();

    /** A place for words of another protocol, which reach the rules wrapped. */
    <U> ActorRef<U> adapter(Class<U> type, Function<U, M> wrap);

    /** Tells itself how the work came out; exactly one of value and failure is there. */
    <V> void pipe(CompletionStage<V> work, BiFunction<? super V, ? super @Nullable Throwable, M> wrap);

    /** Where work that blocks belongs. */
    Executor blocking();

    /** Tells whoever in this process follows events of this kind. */
    void publish(Object event);

    /** Tells itself this when the other one is no more. */
    void watch(ActorRef<?> other, M whenGone);

    /** Takes {@link #watch} back. */
    void unwatch(ActorRef<?> other);
}
