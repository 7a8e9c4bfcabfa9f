package drover.rules;

/**
 * What an actor decides, without the actor: given the same messages in the same order at the same times, it does the same.
 * It reads clocks and rolls dice only through what it was constructed with, and never blocks.
 *
 * @param <M> what it hears
 */
@FunctionalInterface
public interface Rules<M> {
    /**
     * Hears one message.
     *
     * @return whether it goes on; after {@code false} nothing is heard any more
     */
    boolean hear(M message);

    /** It has been stopped, by its own word or from outside; gives back what it holds. */
    default void stopped() {}
}
