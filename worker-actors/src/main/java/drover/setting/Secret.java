package drover.setting;

/** A value that must not show up in logs, errors or status. Empty means that none is set. */
public final class Secret {
    /** No secret. */
    public static final Secret NONE = new Secret("");

    private final String value;

    private Secret(String value) {
        this.value = value;
    }

    /** Wraps a value; an empty one means that none is set. */
    public static Secret of(String value) {
        return value.isEmpty() ? NONE : new Secret(value);
    }

    /** Whether there is one. */
    public boolean isSet() {
        return !value.isEmpty();
    }

    /** The value itself, for the one who has to present it. */
    public String reveal() {
        return value;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Secret secret && secret.value.equals(value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return isSet() ? "(secret)" : "(none)";
    }
}
