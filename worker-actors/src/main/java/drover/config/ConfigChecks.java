package drover.config;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** What has to hold between settings, each of which fits by itself. */
final class ConfigChecks {
    private ConfigChecks() {}

    /** Notes what does not hold. */
    static void check(ConfigValues values) {
        if (values.get(Schema.HTTP_TENANTS).isEmpty()) {
            requireTokenBeyondLoopback(values, Schema.HTTP_HOST, Schema.HTTP_TOKEN);
        }
        if (values.get(Schema.OPERATORS).isEmpty()) {
            requireTokenBeyondLoopback(values, Schema.MANAGEMENT_HOST, Schema.MANAGEMENT_TOKEN);
        }
        int port = values.get(Schema.MANAGEMENT_PORT);
        if (port != 0 && port == values.get(Schema.HTTP_PORT)) {
            values.reject(Schema.MANAGEMENT_PORT, "= " + port + " is the port of drover.http.port too; take another");
        }
        requireOrder(values, Schema.BACKOFF_MIN, Schema.BACKOFF_MAX);
        requireOrder(values, Schema.RETURN_MIN, Schema.RETURN_MAX);
        requireOrder(values, Schema.SUSPEND_MIN, Schema.SUSPEND_MAX);
        requireOrder(values, Schema.RETRY_MIN, Schema.RETRY_MAX);
        requireOrder(values, Schema.MAX_BATCH, Schema.MAX_PENDING);
        requireOrder(values, Schema.MAX_PENDING, Schema.MAX_KEPT);
    }

    private static <T extends Comparable<T>> void requireOrder(ConfigValues values, Setting<T> less, Setting<T> more) {
        if (values.get(more).compareTo(values.get(less)) < 0) {
            values.reject(more, "is less than " + less.path() + "; expected at least that");
        }
    }

    private static void requireTokenBeyondLoopback(ConfigValues values, Setting<String> host, Setting<Secret> token) {
        String name = values.get(host);
        try {
            if (!values.get(token).isSet() && !InetAddress.getByName(name).isLoopbackAddress()) {
                values.reject(
                        host,
                        "= " + name + " can be reached by other machines; set " + token.path()
                                + ", or listen on 127.0.0.1");
            }
        } catch (UnknownHostException e) {
            values.reject(host, "= " + name + " is not known here; expected a name or address of this machine");
        }
    }
}
