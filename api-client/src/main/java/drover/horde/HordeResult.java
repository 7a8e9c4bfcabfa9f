package drover.horde;

import java.util.function.Function;

/**
 * What came of a call: an answer, or what went wrong. Calls do not end with exceptions for what the other side or the
 * network did.
 *
 * @param <T> the answer
 */
public sealed interface HordeResult<T> {
    /**
     * An answer.
     *
     * @param value what the server said
     */
    record Ok<T>(T value) implements HordeResult<T> {}

    /**
     * What went wrong.
     *
     * @param error and what to do about it
     */
    record Failed<T>(HordeError error) implements HordeResult<T> {}

    /** The same with another answer. */
    default <R> HordeResult<R> map(Function<T, R> change) {
        return switch (this) {
            case Ok<T>(T value) -> new Ok<>(change.apply(value));
            case Failed<T>(HordeError error) -> new Failed<>(error);
        };
    }
}
