package drover.source.bridge;

/** The file as a whole cannot be read. */
final class UnreadableFileException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient BridgeProblem problem;

    UnreadableFileException(BridgeProblem problem) {
        super(problem.toString());
        this.problem = problem;
    }

    BridgeProblem problem() {
        return problem;
    }
}
