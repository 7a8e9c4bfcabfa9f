package drover.simulation;

import org.apache.pekko.actor.ActorPath;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * Where simulated parts reach each other. Pekko asks that this interface be implemented by itself alone, because its own
 * code relies on more than the interface says; nothing of Pekko ever gets to see one of these.
 *
 * @param <M> what can be said there
 */
abstract class Address<M> implements ActorRef<M> {
    private final int number;

    /**
     * One more address.
     *
     * @param number tells it from all others of its run; hash tables are ordered by it, so it must not be left to chance
     */
    Address(int number) {
        this.number = number;
    }

    @Override
    public abstract void tell(M message);

    /** The process that it is in, if it is in one. */
    @Nullable HostProcess home() {
        return null;
    }

    @Override
    @SuppressWarnings("unchecked")
    public <U extends M> ActorRef<U> narrow() {
        return (ActorRef<U>) this;
    }

    @Override
    @SuppressWarnings("unchecked")
    public <U> ActorRef<U> unsafeUpcast() {
        return (ActorRef<U>) this;
    }

    @Override
    public ActorPath path() {
        throw new UnsupportedOperationException("a simulated part has no path: " + this);
    }

    @Override
    public int compareTo(ActorRef<?> other) {
        return Integer.compare(number, other.hashCode());
    }

    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return number;
    }
}
