package drover.ledger;

import drover.inference.JobId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An order from outside that has to be answered there, whatever becomes of its job. It is in the book before any work on
 * it starts, and stays open until each of its parts has been answered.
 *
 * @param job the job that is made of it, or was to be
 * @param source who took it, at most 200 letters
 * @param model what it asks for
 * @param taken when
 * @param answerBy when an answer is of no more use
 * @param body the order as its source wrote it; empty once it is closed
 * @param parts what has to be answered, one by one
 */
public record Order(
        JobId job, String source, String model, Instant taken, Instant answerBy, String body, List<Part> parts) {
    private static final int MAX_SOURCE = 200;

    public Order {
        if (source.length() > MAX_SOURCE) {
            throw new IllegalArgumentException("the name of a source has at most " + MAX_SOURCE + " letters");
        }
        parts = List.copyOf(parts);
    }

    /** How far a part has come. */
    public enum State {
        /** Nothing is known to have left. */
        OPEN,
        /** Its result is where the other side wants it; the other side has not been told. */
        UPLOADED,
        /** The other side has been told, or does not want to be. */
        ANSWERED
    }

    /** What an answered part came to. */
    public enum Outcome {
        /** Delivered and taken. */
        GOOD,
        /** Reported as failed. */
        FAILED,
        /** Answered, but too late or not at all. */
        LATE,
        /** The other side did not want it any more; nobody's fault. */
        GONE
    }

    /**
     * A part, such as one picture.
     *
     * @param id the other side's name for it
     * @param outcome once it is answered
     * @param reward what it earned
     */
    public record Part(String id, State state, Optional<Outcome> outcome, double reward) {
        /** One of which nothing has left. */
        public static Part open(String id) {
            return new Part(id, State.OPEN, Optional.empty(), 0);
        }

        /** The same, its result being in place. */
        public Part uploaded() {
            return new Part(id, State.UPLOADED, outcome, reward);
        }

        /** The same, answered. */
        public Part answered(Outcome came, double earned) {
            return new Part(id, State.ANSWERED, Optional.of(came), earned);
        }

        /** Whether it is answered. */
        public boolean isAnswered() {
            return state == State.ANSWERED;
        }
    }

    /** Whether each part is answered. */
    public boolean isClosed() {
        return parts.stream().allMatch(Part::isAnswered);
    }

    /** The same with a part that has come further. */
    public Order with(int index, Part part) {
        List<Part> changed = new ArrayList<>(parts);
        changed.set(index, part);
        return new Order(job, source, model, taken, answerBy, body, changed);
    }

    /** How many parts came to this. */
    public int count(Outcome outcome) {
        return (int) parts.stream()
                .filter(part -> part.outcome().equals(Optional.of(outcome)))
                .count();
    }

    /** What its parts earned. */
    public double reward() {
        return parts.stream().mapToDouble(Part::reward).sum();
    }
}
