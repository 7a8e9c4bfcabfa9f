package drover.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import drover.http.TenantToken;
import drover.inference.SafetyPolicy;
import drover.job.Tenant;
import drover.node.SafetySettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ConfigLoaderTest {
    @TempDir
    Path home;

    private Path file;

    @BeforeEach
    void folder() throws IOException {
        file = Files.createDirectory(home.resolve("conf")).resolve("drover.conf");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "http.port = 70000            | drover.http.port = 70000; expected a whole number from 0 to 65535",
                "http.port = 78.5             | drover.http.port = 78.5; expected a whole number from 0 to 65535",
                "http.port = \"web\"          | drover.http.port = \"web\"; expected a whole number from 0 to 65535",
                "http.port = [1]              | drover.http.port = [1]; expected a whole number from 0 to 65535",
                "http.port = null             | drover.http.port is null; expected a whole number from 0 to 65535",
                "http.prot = 1                | drover.http.prot is not a known key; did you mean drover.http.port?",
                "watchdog.cancel-grace = 5    | drover.watchdog.cancel-grace = 5; expected a duration from 10ms to 1 day with its unit, such as 15s",
                "watchdog.cancel-grace = 2d   | drover.watchdog.cancel-grace = \"2d\"; expected a duration from 10ms to 1 day with its unit, such as 15s",
                "watchdog.cancel-grace = soon | drover.watchdog.cancel-grace = \"soon\"; expected a duration from 10ms to 1 day with its unit, such as 15s",
                "nodes.heap = 1KiB            | drover.nodes.heap = \"1KiB\"; expected a size from 64MiB to 64GiB, such as 64MiB",
                "engine = tensorflow          | drover.engine = \"tensorflow\"; expected one of pytorch, fault",
                "logging.json = maybe         | drover.logging.json = \"maybe\"; expected on or off",
                "logging.levels.\"drover.board\" = loud | drover.logging.levels = {\"drover.board\":\"loud\"}; expected a block of \"LOGGER\" = LEVEL, such as { \"drover.board\" = debug }, each level one of error, warn, info, debug, trace",
                "nodes.gpus = [0, 0]          | drover.nodes.gpus = [0,0]; expected auto, none, or a list of GPU numbers and cpu, such as [0, 1] or [cpu]; no GPU twice",
                "nodes.gpus = []              | drover.nodes.gpus = []; expected auto, none, or a list of GPU numbers and cpu, such as [0, 1] or [cpu]; no GPU twice",
                "nodes = 4                    | drover.nodes should be a block in braces",
                "colour = red                 | drover.colour is not a known key; conf/drover.conf as it ships lists every key",
                "http.host = \"0.0.0.0\"      | drover.http.host = 0.0.0.0 can be reached by other machines; set drover.http.token, or listen on 127.0.0.1",
                "management.host = \"0.0.0.0\" | drover.management.host = 0.0.0.0 can be reached by other machines; set drover.management.token, or listen on 127.0.0.1",
                "cluster.host = \"0.0.0.0\"   | drover.cluster.host = 0.0.0.0 can be reached by other machines, and whoever reaches it can run anything here; set drover.cluster.tls, or drover.cluster.insecure = on if nobody else is on that network",
                "cluster.bind-host = \"0.0.0.0\" | drover.cluster.bind-host = 0.0.0.0 can be reached by other machines, and whoever reaches it can run anything here; set drover.cluster.tls, or drover.cluster.insecure = on if nobody else is on that network",
                "cluster.seeds = [\"127.0.0.1:25520\", \"127.0.0.2:25520\"] | drover.cluster.seeds names 127.0.0.2:25520, but the job database is a file of this host alone, which no other host could take over; set drover.ledger.url to a PostgreSQL database, or use drover node --join there",
                "cluster.seeds = [host]       | drover.cluster.seeds = [\"host\"]; expected a list of items, each a host and its port, such as 10.0.0.1:25520",
                "cluster.seeds = [\"::1:25520\"] | drover.cluster.seeds = [\"::1:25520\"]; expected a list of items, each a host and its port, such as 10.0.0.1:25520",
                "cluster.seeds = [\"127.0.0.1:25520\"], cluster.port = 0, ledger.url = \"jdbc:postgresql:d\" | drover.cluster.port = 0, but other hosts have to know the port; expected 1 to 65535",
                "cluster.tls { key = a, ca = b } | drover.cluster.tls.key is set, but not all of certificate, key and ca are; expected all three, or none",
                "safety.api = censor          | drover.safety.api = censor, but nothing looks at pictures; set drover.safety.model to the folder of a safety checker",
                "management.port = 7860       | drover.management.port = 7860 is the port of drover.http.port too; take another",
                "recovery.backoff-max = 0s, recovery.backoff-min = 1s | drover.recovery.backoff-max is less than drover.recovery.backoff-min; expected at least that",
            })
    void aMistakeNamesFileLineKeyAndWhatWasExpected(String line, String expected) throws IOException {
        Files.writeString(file, "# one\ndrover {\n  " + line + "\n}\n");

        assertThat(problems(Map.of())).singleElement().hasToString(file + ":3: " + expected);
    }

    @Test
    void picturesAreMarkedOnceThereIsAChecker() throws Exception {
        assertThat(load(Map.of()).apiSafety()).isEmpty();
        assertThat(load(Map.of()).nodes().safety()).isEqualTo(SafetySettings.NONE);

        Files.writeString(file, "drover.safety { model = models/sd15, words-file = words, timeout = 5s }\n");
        assertThat(load(Map.of()).apiSafety()).contains(SafetyPolicy.MARK);
        assertThat(load(Map.of()).nodes().safety())
                .isEqualTo(new SafetySettings(
                        Optional.of(home.resolve("models/sd15")),
                        Optional.of(home.resolve("words")),
                        Duration.ofSeconds(5)));

        Files.writeString(file, "drover.safety { model = models/sd15, api = off }\n");
        assertThat(load(Map.of()).apiSafety()).isEmpty();
        Files.writeString(file, "drover.safety { model = models/sd15, api = censor }\n");
        assertThat(load(Map.of()).apiSafety()).contains(SafetyPolicy.CENSOR);
    }

    @Test
    void allMistakesAreReportedAtOnce() throws IOException {
        Files.writeString(file, "drover.http.port = x\ndrover.engine = y\nother = 1\n");

        assertThat(problems(Map.of()))
                .extracting(ConfigProblem::where)
                .containsExactlyInAnyOrder(file + ":1", file + ":2", file + ":3");
    }

    @Test
    void tenantsHaveNamesWeightsAndTokensThatAreNeverPrinted() throws Exception {
        String token = "shop-shop-shop-shop";
        Files.writeString(
                file,
                "drover.http.tenants = [{ name = shop, token = \"" + token + "\", weight = 2.5 },"
                        + " { name = lab, token = \"lab-lab-lab-lab-lab\" }]\ndrover.http.host = \"0.0.0.0\"\n");
        DroverConfig config = load(Map.of());
        assertThat(config.board().weights()).isEqualTo(Map.of(new Tenant("shop"), 2.5, new Tenant("lab"), 1.0));
        assertThat(config.http().tenants()).extracting(TenantToken::token).contains(token);
        assertThat(config.toString()).doesNotContain(token);
        assertThat(new ConfigLoader(home, Map.of())
                        .loadWithOrigins(Optional.empty())
                        .entries()
                        .toString())
                .contains("TenantToken[shop, weight 2.5]")
                .doesNotContain(token, "lab-lab");

        for (String wrong : List.of(
                "[{ name = shop, token = \"" + token + "\" }, { name = shop, token = \"" + token + "-2\" }]",
                "[{ name = shop, token = \"" + token + "\" }, { name = lab, token = \"" + token + "\" }]",
                "[{ name = Shop, token = \"" + token + "\" }]",
                "[{ name = shop, token = \"" + token + "\", weight = 0 }]",
                "[{ name = shop, token = \"" + token + "\", wait = 1 }]",
                "[{ name = shop, token = short }]",
                "[{ token = \"" + token + "\" }]",
                "\"" + token + "\"")) {
            Files.writeString(file, "drover.http.tenants = " + wrong);
            assertThat(problems(Map.of()))
                    .as(wrong)
                    .singleElement()
                    .satisfies(problem -> assertThat(problem.toString())
                            .contains("drover.http.tenants", "{ name = NAME")
                            .doesNotContain(token));
        }
    }

    @Test
    void aSyntaxErrorNamesItsLine() throws IOException {
        Files.writeString(file, "drover {\n  engine = pytorch\n  http { port = \n");

        assertThat(problems(Map.of())).singleElement().satisfies(p -> {
            assertThat(p.where()).startsWith(file + ":");
            assertThat(p.message()).startsWith("cannot be read: ");
        });
    }

    @Test
    void aSubstitutionThatLeadsNowhereNamesItsLine() throws IOException {
        Files.writeString(file, "drover {\n  data-dir = ${nowhere}\n}\n");

        assertThat(problems(Map.of()))
                .singleElement()
                .hasToString(file + ":2: cannot be resolved: Could not resolve substitution to a value: ${nowhere}");
    }

    @Test
    void aFileThatWasNamedMustBeThere() {
        Path missing = home.resolve("missing.conf");

        assertThat(catchThrowableOfType(
                                ConfigException.class,
                                () -> new ConfigLoader(home, Map.of()).load(Optional.of(missing)))
                        .problems())
                .singleElement()
                .hasToString(missing + ": there is no such file; name one with --config, or leave the option out");
    }

    @Test
    void theEnvironmentOverridesWhereTheFileSaysSo() throws Exception {
        Map<String, String> environment = Map.of("DROVER_MANAGEMENT_PORT", "9001", "DROVER_LOG_LEVEL", "debug");
        Files.writeString(file, "drover.management.port = 9000, drover.management.port = ${?DROVER_MANAGEMENT_PORT}");
        assertThat(load(environment).management().port()).isEqualTo(9001);

        Files.writeString(file, "drover.management.port = 9000");
        assertThat(load(environment).management().port()).isEqualTo(9000);
        assertThat(load(environment).logging().levels().get("drover")).isEqualTo("DEBUG");
    }

    @Test
    void aMistakeInTheEnvironmentNamesTheVariable() {
        assertThat(problems(Map.of("DROVER_HTTP_PORT", "eighty")))
                .singleElement()
                .hasToString(
                        "environment variable DROVER_HTTP_PORT: drover.http.port = \"eighty\"; expected a whole number from 0 to 65535");
    }

    @Test
    void modelsThatAWorkerHasByTheirPathsAreThere() throws Exception {
        Files.createDirectories(home.resolve("conf"));
        Files.writeString(home.resolve("conf/bridgeData.yaml"), """
                custom_models:
                  - {name: Mine, baseline: stable_diffusion_1, filepath: /elsewhere/mine.safetensors}
                  - {name: Yours, baseline: stable_diffusion_1, filepath: yours}
                """);
        assertThat(load(Map.of()).models().folders())
                .containsExactly(home.resolve("models"), Path.of("/elsewhere/mine.safetensors"), home.resolve("yours"));
        assertThat(load(Map.of("DROVER_HORDE", "off")).models().folders()).containsExactly(home.resolve("models"));
    }

    @Test
    void aListComesFromTheEnvironmentWithCommas() throws Exception {
        assertThat(load(Map.of("DROVER_MODEL_FOLDERS", "a, /b")).models().folders())
                .containsExactly(home.resolve("a"), Path.of("/b"));
    }

    @Test
    void secretsAreNeverPrinted() throws Exception {
        Files.writeString(file, "drover.management.token = hunter2");
        assertThat(problems(Map.of()).toString()).doesNotContain("hunter2").contains("16 to 1000");

        Files.writeString(file, "drover.management.token = hunter2hunter2hunter2");
        DroverConfig config = load(Map.of());
        assertThat(config.toString()).doesNotContain("hunter2");
        assertThat(config.management().token()).contains("hunter2hunter2hunter2");
    }

    @Test
    void relativePathsAreBelowTheInstallation() throws Exception {
        Files.writeString(file, "drover { data-dir = d, cache-dir = c, logging.dir = \"/l\" }");

        DroverConfig config = load(Map.of());

        assertThat(List.of(config.dataDir(), config.cacheDir(), config.logging().dir()))
                .containsExactly(home.resolve("d"), home.resolve("c"), Path.of("/l"));
    }

    @ParameterizedTest
    @CsvSource({"/x,/h,/x/drover", "'',/h,/h/.cache/drover", "rel,/h,/h/.cache/drover"})
    void theCacheIsTheUsersUnlessSet(String xdg, String userHome, Path expected) throws Exception {
        assertThat(load(Map.of("XDG_CACHE_HOME", xdg, "HOME", userHome)).cacheDir())
                .isEqualTo(expected);
    }

    private DroverConfig load(Map<String, String> environment) throws ConfigException {
        return new ConfigLoader(home, environment).load(Optional.empty());
    }

    private List<ConfigProblem> problems(Map<String, String> environment) {
        return catchThrowableOfType(ConfigException.class, () -> load(environment))
                .problems();
    }
}
