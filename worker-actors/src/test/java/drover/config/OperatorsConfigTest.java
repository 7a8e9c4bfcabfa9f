package drover.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Operators' names and tokens. */
final class OperatorsConfigTest {
    private static final String TOKEN = "alice-alice-alice";

    @TempDir
    Path home;

    @Test
    void operatorsHaveNamesAndTokensThatAreNeverShown() throws Exception {
        LoadedConfig loaded = load("""
                drover.management {
                  host = "0.0.0.0"
                  token = "common-common-common"
                  operators { alice = ${?ALICE}, bob = "bob-bob-bob-bob-bob", carol = ${?CAROL}, dave = "" }
                }
                drover.ledger.url = "jdbc:postgresql://db/drover?options=hidden"
                """);

        assertThat(loaded.config().management().operators()).containsOnlyKeys("alice", "bob");
        assertThat(loaded.config().management().operators()).containsEntry("alice", TOKEN);
        assertThat(loaded.config().toString()).doesNotContain(TOKEN).doesNotContain("bob-bob");
        assertThat(loaded.entries().toString())
                .contains("{alice = (secret), bob = (secret)}")
                .doesNotContain(TOKEN)
                .doesNotContain("bob-bob")
                .doesNotContain("common-common")
                .doesNotContain("hidden");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{ Alice = ${ALICE} }",
                "{ loopback = ${ALICE} }",
                "{ alice = ${ALICE}, bob = ${ALICE} }",
                "{ alice = short }",
                "[ ${ALICE} ]",
                "${ALICE}",
            })
    void whatIsNotAnOperatorIsRefusedWithoutShowingTheToken(String operators) {
        assertThat(problems("drover.management.operators = " + operators))
                .contains("drover.management.operators is not usable; expected a block of NAME = TOKEN")
                .doesNotContain(TOKEN)
                .doesNotContain("short;");
    }

    private String problems(String text) {
        return String.valueOf(
                catchThrowableOfType(ConfigException.class, () -> load(text)).getMessage());
    }

    private LoadedConfig load(String text) throws Exception {
        Path file = Files.writeString(home.resolve("my.conf"), text);
        return new ConfigLoader(home, Map.of("ALICE", TOKEN)).loadWithOrigins(Optional.of(file));
    }
}
