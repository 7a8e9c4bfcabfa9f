package drover.config;

import drover.http.Exposure;
import drover.setting.Secret;
import java.util.List;
import java.util.Optional;

/** What has to hold between settings, each of which fits by itself. */
final class ConfigChecks {
    private static final String POSTGRESQL = "jdbc:postgresql:";

    private ConfigChecks() {}

    /** Notes what does not hold. */
    static void check(ConfigValues values) {
        requireTokenBeyondLoopback(
                values,
                Schema.HTTP_HOST,
                Schema.HTTP_TOKEN,
                !values.get(Schema.HTTP_TENANTS).isEmpty());
        requireTokenBeyondLoopback(
                values,
                Schema.MANAGEMENT_HOST,
                Schema.MANAGEMENT_TOKEN,
                !values.get(Schema.OPERATORS).isEmpty());
        checkCluster(values);
        checkSafety(values);
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

    private static void checkSafety(ConfigValues values) {
        boolean censors = values.get(Schema.SAFETY_API)
                .filter(Schema.ApiSafety.CENSOR::equals)
                .isPresent();
        if (censors && values.get(Schema.SAFETY_MODEL).isEmpty()) {
            values.reject(
                    Schema.SAFETY_API,
                    "= censor, but nothing looks at pictures; set " + Schema.SAFETY_MODEL.path()
                            + " to the folder of a safety checker");
        }
    }

    private static void checkCluster(ConfigValues values) {
        List<Setting<Optional<String>>> tls = List.of(Schema.TLS_CERTIFICATE, Schema.TLS_KEY, Schema.TLS_CA);
        long set = tls.stream().filter(file -> values.get(file).isPresent()).count();
        if (set != 0 && set != tls.size()) {
            tls.stream()
                    .filter(file -> values.get(file).isPresent())
                    .findFirst()
                    .ifPresent(file -> values.reject(
                            file, "is set, but not all of certificate, key and ca are; expected all three, or none"));
        }
        String host = values.get(Schema.CLUSTER_HOST);
        if (set == 0 && !values.get(Schema.CLUSTER_INSECURE)) {
            String why = ", and whoever reaches it can run anything here; set"
                    + " drover.cluster.tls, or drover.cluster.insecure = on if nobody else is on that network";
            rejectBeyondLoopback(values, Schema.CLUSTER_HOST, host, why);
            values.get(Schema.CLUSTER_BIND_HOST)
                    .ifPresent(bind -> rejectBeyondLoopback(values, Schema.CLUSTER_BIND_HOST, bind, why));
        }
        List<String> seeds = values.get(Schema.CLUSTER_SEEDS);
        String own = host + ":" + values.get(Schema.CLUSTER_PORT);
        if (values.get(Schema.LEDGER_URL)
                .filter(url -> url.startsWith(POSTGRESQL))
                .isEmpty()) {
            seeds.stream()
                    .filter(seed -> !seed.equals(own))
                    .findFirst()
                    .ifPresent(seed -> values.reject(
                            Schema.CLUSTER_SEEDS,
                            "names " + seed + ", but the job database is a file of this host alone, which no other host"
                                    + " could take over; set drover.ledger.url to a PostgreSQL database, or use drover node"
                                    + " --join there"));
        }
        if (!seeds.isEmpty() && values.get(Schema.CLUSTER_PORT) == 0) {
            values.reject(Schema.CLUSTER_PORT, "= 0, but other hosts have to know the port; expected 1 to 65535");
        }
    }

    private static void rejectBeyondLoopback(ConfigValues values, Setting<?> setting, String name, String consequence) {
        Exposure.objection(name, consequence)
                .ifPresent(objection -> values.reject(setting, "= " + name + " " + objection));
    }

    private static <T extends Comparable<T>> void requireOrder(ConfigValues values, Setting<T> less, Setting<T> more) {
        if (values.get(more).compareTo(values.get(less)) < 0) {
            values.reject(more, "is less than " + less.path() + "; expected at least that");
        }
    }

    private static void requireTokenBeyondLoopback(
            ConfigValues values, Setting<String> host, Setting<Secret> token, boolean otherTokens) {
        if (!otherTokens && !values.get(token).isSet()) {
            rejectBeyondLoopback(values, host, values.get(host), Exposure.withoutToken(token.path()));
        }
    }
}
