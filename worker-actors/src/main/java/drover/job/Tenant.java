package drover.job;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.regex.Pattern;

/**
 * Whoever orders jobs and shares the nodes with others. The board divides the nodes fairly between tenants.
 *
 * @param name 1 to 64 of {@code a-z 0-9 . _ -}, the first a letter or a digit
 */
public record Tenant(@JsonValue String name) implements Comparable<Tenant> {
    private static final Pattern SHAPE = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");

    /** The tenant of everybody who names none. */
    public static final Tenant DEFAULT = new Tenant("default");

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public Tenant {
        if (!isName(name)) {
            throw new IllegalArgumentException(
                    "a tenant's name is 1 to 64 of a-z 0-9 . _ - and begins with a letter or a digit, but was: "
                            + (name.length() > 80 ? name.substring(0, 80) + "…" : name));
        }
    }

    /** Whether a tenant can have this name. */
    public static boolean isName(String text) {
        return SHAPE.matcher(text).matches();
    }

    @Override
    public int compareTo(Tenant other) {
        return name.compareTo(other.name);
    }

    @Override
    public String toString() {
        return name;
    }
}
