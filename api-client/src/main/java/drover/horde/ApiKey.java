package drover.horde;

import java.util.Objects;
import java.util.regex.Pattern;

/** An account's key. It shows itself to nobody but the request's header. */
public final class ApiKey {
    private static final Pattern SENDABLE = Pattern.compile("[\\x21-\\x7e]{1,200}");

    /** The key of those who have none: it may order, but not run workers. */
    public static final ApiKey ANONYMOUS = new ApiKey("0000000000");

    private final String value;

    /**
     * A key as the operator has it; blanks around it are not part of it.
     *
     * @throws IllegalArgumentException if it cannot be sent in a header; the message does not repeat it
     */
    public ApiKey(String value) {
        this.value = value.strip();
        if (!SENDABLE.matcher(this.value).matches()) {
            throw new IllegalArgumentException("the API key must be 1 to 200 printable ASCII characters without blanks;"
                    + " this one has " + this.value.length()
                    + " characters or others than these: copy it again from the Horde's registration page");
        }
    }

    /** Whether it is {@link #ANONYMOUS}. */
    public boolean anonymous() {
        return equals(ANONYMOUS);
    }

    String reveal() {
        return value;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ApiKey key && key.value.equals(value);
    }

    @Override
    public int hashCode() {
        return Objects.hash(value);
    }

    @Override
    public String toString() {
        return "ApiKey[…]";
    }
}
