package drover.source.dreamer;

import drover.ledger.Order;
import drover.ledger.OrderBook;
import drover.rules.Rules;
import drover.rules.Surroundings;
import java.util.List;
import java.util.Optional;

/**
 * A job of the Horde that nothing can come of: each of its pictures is faulted at once. It stands in the order book until the
 * Horde has taken that, so that another process says it if this one is killed before.
 */
final class RefusedOrder implements Rules<RefusedOrder.Command> {
    /** What a refused order understands. */
    sealed interface Command {}

    private record Kept() implements Command {}

    private record Stepped(OrderAnswers.Step step) implements Command {}

    private final OrderLinks links;
    private final OrderAnswers<Command> answers;

    /**
     * An order, of which each open part is faulted.
     *
     * @param order as it stands in the book, or is to
     * @param why for the server
     * @param recovered whether another process may have answered parts of it
     */
    RefusedOrder(Surroundings<Command> around, OrderLinks links, Order order, String why, boolean recovered) {
        this.links = links;
        this.answers = new OrderAnswers<>(
                around,
                Stepped::new,
                links,
                order,
                OrderAnswers.Destination.FAULTS_ONLY,
                recovered,
                around.adapter(OrderBook.Kept.class, _ -> new Kept()));
        // Not held back until it is on disk: the Horde knows sooner, and what it knows needs no book.
        answers.keep();
        answers.fault(why, List.of());
    }

    @Override
    public boolean hear(Command command) {
        switch (command) {
            case Kept _ -> answers.kept();
            case Stepped(var step) -> answers.hear(step);
        }
        if (!answers.isDone()) {
            return true;
        }
        links.dreamer().tell(new OrderWord.Closed(answers.order(), Optional.empty(), Optional.empty()));
        return false;
    }
}
