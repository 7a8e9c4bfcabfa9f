package drover.horde;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Who a worker says it is: {@code name:version:contact}. The server gives work by it: it knows a few names and what each
 * version of theirs can do, and an unknown name has no capability at all, not even that of upload, so it is offered next
 * to nothing.
 *
 * @param name without a colon
 * @param version such as {@code 1.0.0}
 * @param contact an address for questions, usually a URL
 */
public record BridgeAgent(String name, String version, String contact) {
    /** What the server takes at most. */
    public static final int MAX_LENGTH = 1_000;

    private static final Pattern FORM = Pattern.compile("([^:]*)(?::([^:]*)(?::(.*))?)?", Pattern.DOTALL);
    private static final Pattern SENDABLE = Pattern.compile("[\\x20-\\x7e]*");
    private static final Pattern VERSION = Pattern.compile("\\d+(\\.\\d+){0,2}.*");

    public BridgeAgent {
        if (name.isBlank() || name.contains(":") || version.contains(":")) {
            throw new IllegalArgumentException(
                    "a bridge agent is name:version:contact with a name and no colons in name and version, not \""
                            + name + ":" + version + ":" + contact + "\"");
        }
        String all = name + ":" + version + ":" + contact;
        if (all.length() > MAX_LENGTH || !SENDABLE.matcher(all).matches()) {
            throw new IllegalArgumentException(
                    "a bridge agent has at most " + MAX_LENGTH + " characters, all of them printable ASCII");
        }
    }

    /** Whether the text is one that can be sent. */
    public static boolean isUsable(String text) {
        try {
            parse(text);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Reads {@code name:version:contact} as the server does: split at the first two colons, what is missing unknown. */
    public static BridgeAgent parse(String text) {
        Matcher parts = FORM.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException("not a bridge agent: " + text);
        }
        return new BridgeAgent(
                parts.group(1),
                parts.group(2) == null ? "0" : parts.group(2),
                parts.group(3) == null ? "unknown" : parts.group(3));
    }

    /** Whether the server can read the version; one that it cannot read counts as version 0, which can do nothing. */
    public boolean versionReadable() {
        return VERSION.matcher(version).matches();
    }

    /** As it is sent. */
    @Override
    public String toString() {
        return name + ":" + version + ":" + contact;
    }
}
