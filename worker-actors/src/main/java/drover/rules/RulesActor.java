package drover.rules;

import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * The actor around {@link Rules}: it passes on what it hears and decides nothing.
 *
 * @param <M> what the rules hear
 */
public final class RulesActor<M> extends AbstractBehavior<M> implements Surroundings<M> {
    private final TimerScheduler<M> timers;
    private final Rules<M> rules;

    private RulesActor(
            ActorContext<M> context,
            TimerScheduler<M> timers,
            Class<?> name,
            BiFunction<ActorContext<M>, Surroundings<M>, Rules<M>> make) {
        super(context);
        context.setLoggerName(name);
        this.timers = timers;
        this.rules = make.apply(context, this);
    }

    /**
     * An actor that lives by these rules.
     *
     * @param name of its logger
     * @param make is called at the actor's start
     */
    public static <M> Behavior<M> create(Class<?> name, Function<Surroundings<M>, Rules<M>> make) {
        return create(name, (_, around) -> make.apply(around));
    }

    /**
     * An actor that lives by these rules, for rules that want children.
     *
     * @param name of its logger
     * @param make is called at the actor's start
     */
    public static <M> Behavior<M> create(Class<?> name, BiFunction<ActorContext<M>, Surroundings<M>, Rules<M>> make) {
        return Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new RulesActor<>(context, timers, name, make)));
    }

    @Override
    public Receive<M> createReceive() {
        return newReceiveBuilder()
                .onAnyMessage(message -> rules.hear(message) ? this : Behaviors.stopped())
                .onSignal(PostStop.class, _ -> {
                    rules.stopped();
                    return this;
                })
                .build();
    }

    @Override
    public ActorRef<M> self() {
        return getContext().getSelf();
    }

    @Override
    public String address() {
        return ActorRefResolver.get(getContext().getSystem())
                .toSerializationFormat(getContext().getSelf().unsafeUpcast());
    }

    @Override
    public TimerScheduler<M> timers() {
        return timers;
    }

    @Override
    public Logger log() {
        return getContext().getLog();
    }

    @Override
    public <U> ActorRef<U> adapter(Class<U> type, Function<U, M> wrap) {
        return getContext().messageAdapter(type, wrap::apply);
    }

    @Override
    public <V> void pipe(CompletionStage<V> work, BiFunction<? super V, ? super @Nullable Throwable, M> wrap) {
        getContext().pipeToSelf(work, wrap::apply);
    }

    @Override
    public Executor blocking() {
        return getContext().getSystem().dispatchers().lookup(DispatcherSelector.blocking());
    }

    @Override
    public void publish(Object event) {
        getContext().getSystem().eventStream().tell(new EventStream.Publish<>(event));
    }

    @Override
    public void watch(ActorRef<?> other, M whenGone) {
        getContext().watchWith(other, whenGone);
    }

    @Override
    public void unwatch(ActorRef<?> other) {
        getContext().unwatch(other);
    }
}
