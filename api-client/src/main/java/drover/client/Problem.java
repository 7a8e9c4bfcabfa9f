package drover.client;

import java.util.List;
import java.util.Optional;

/**
 * An error as {@code application/problem+json}, RFC 9457.
 *
 * @param type names the kind of problem; the same as {@code code}
 * @param title of the kind
 * @param status of HTTP
 * @param detail what happened this time, and what to do
 * @param instance the path that was asked for
 * @param code a stable name, such as {@code drover:job.not-found}
 * @param field the field at fault, if it is one
 * @param errors every field at fault
 */
public record Problem(
        String type,
        String title,
        int status,
        String detail,
        Optional<String> instance,
        String code,
        Optional<String> field,
        List<FieldError> errors) {
    public Problem {
        errors = errors == null ? List.of() : List.copyOf(errors);
    }

    /**
     * What is wrong with one field.
     *
     * @param field its path, such as {@code fault.step}
     * @param detail what was expected and what was found
     */
    public record FieldError(String field, String detail) {}
}
