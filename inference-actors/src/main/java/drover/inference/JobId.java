package drover.inference;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.regex.Pattern;

/**
 * Identity of a job, unique for ever.
 *
 * @param value 1 to 64 characters of {@code A-Z a-z 0-9 _ -}
 */
public record JobId(@JsonValue String value) implements Comparable<JobId> {
    private static final Pattern SHAPE = Pattern.compile("[A-Za-z0-9_-]{1,64}");

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public JobId {
        if (!SHAPE.matcher(value).matches()) {
            throw new IllegalArgumentException("a job id is 1 to 64 of A-Z a-z 0-9 _ -, but was: "
                    + (value.length() > 80 ? value.substring(0, 80) + "…" : value));
        }
    }

    @Override
    public int compareTo(JobId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
