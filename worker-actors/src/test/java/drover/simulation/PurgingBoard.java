package drover.simulation;

import drover.board.JobBoard;
import drover.rules.Rules;
import java.util.function.Supplier;

/**
 * A known defect around a board: when a process has to be replaced, everything that is on the board is cleared, without a
 * word to anybody.
 */
final class PurgingBoard implements Rules<JobBoard.Command> {
    private final Supplier<Rules<JobBoard.Command>> empty;
    private Rules<JobBoard.Command> inner;

    /**
     * The defect.
     *
     * @param empty makes a board with nothing on it, which gets the jobs that are accepted from then on
     */
    PurgingBoard(Rules<JobBoard.Command> inner, Supplier<Rules<JobBoard.Command>> empty) {
        this.inner = inner;
        this.empty = empty;
    }

    @Override
    public boolean hear(JobBoard.Command command) {
        boolean goesOn = inner.hear(command);
        if (command instanceof JobBoard.AttemptEnded it && it.end().outcome().takesNodeDown()) {
            inner = empty.get();
        }
        return goesOn;
    }
}
