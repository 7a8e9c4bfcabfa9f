package drover.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Wrong usage is answered with one clear sentence and exit code 2, failures with one and 1. */
final class CommandLineTest {
    @TempDir
    Path home;

    private TestCli cli;

    @BeforeEach
    void commandLine() throws IOException {
        Files.createDirectory(home.resolve("models"));
        // A port on which nothing ever listens: the discard service's, on loopback.
        cli = new TestCli(home, Map.of("DROVER_MANAGEMENT_PORT", "9"));
    }

    @ParameterizedTest(name = "generate {0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "--steps 0        | steps must be 1 to 500, but was 0",
                "--steps ten      | Invalid value for option '--steps': 'ten' is not an int",
                "--sampler magic  | there is no sampler magic; there are: k_lms, k_heun, k_euler",
                "--model nothing  | there is no model nothing; there are: emoji-diffusion",
                "--size 63x64     | --size 63x64 does not suit emoji-diffusion: width and height must be multiples of 4",
                "--size 65536     | --size 65536x65536 does not suit emoji-diffusion: at most 256 pixels a side",
                "--size large     | expected WIDTHxHEIGHT in pixels, such as 512x768, but was large",
                "--cfg 0.5        | cfgScale must be 1 to 100, but was 0.5",
                "--seed -1        | seed must be 0 to 4294967295, but was -1",
                "--seed 4294967296 | seed must be 0 to 4294967295, but was 4294967296",
                "--count 0        | count must be at least 1, but was 0",
                "--clip-skip 13   | clipSkip must be 1 to 12, but was 13",
                "--format gif     | there is no format gif; there are: png, webp, webp_lossless, jpeg",
                "--format webp    | --format is webp, but --out",
                "--quality 50     | --quality is for webp and jpeg, but the format is png",
                "--frobnicate     | Unknown option: '--frobnicate'",
            })
    void aBadOptionIsOneSentence(String options, String expected) {
        String[] arguments = ("generate apple --out " + home.resolve("a.png") + " " + options).split(" ", -1);

        assertThat(cli.run(arguments)).isEqualTo(2);
        assertThat(cli.err().strip())
                .startsWith("drover generate: ")
                .contains(expected)
                .hasLineCount(1);
        assertThat(cli.out()).isEmpty();
        assertThat(home.resolve("a.png")).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a.gif      | --out should end in .png, .webp or .jpg",
                "a          | --out should end in .png, .webp or .jpg",
                "gone/a.png | is not there or cannot be written",
            })
    void theOutputFileIsCheckedFirst(String out, String expected) {
        assertThat(cli.run("generate", "apple", "--out", home.resolve(out).toString()))
                .isEqualTo(2);
        assertThat(cli.err().strip()).contains(expected).hasLineCount(1);
    }

    @Test
    void aCommandIsNeeded() {
        assertThat(cli.run()).isEqualTo(2);
        assertThat(cli.err()).isEqualToIgnoringNewLines("drover: a command is missing; see drover --help");
    }

    @Test
    void anUnknownCommandGetsAHint() {
        assertThat(cli.run("statsu")).isEqualTo(2);
        assertThat(cli.err().strip()).contains("statsu").contains("status").hasLineCount(1);
    }

    @ParameterizedTest
    @CsvSource({
        "status",
        "incidents",
        "drain",
        "reload",
        "config",
        "audit",
        "log-level",
        "log-level drover debug",
        "models where",
        "nodes drain gpu0",
        "nodes resume gpu0",
        "nodes restart gpu0 --actor 1",
        "nodes quarantine gpu0 --reason broken",
        "nodes release gpu0",
        "jobs list",
        "jobs cancel a",
        "jobs requeue a"
    })
    void withoutADroverCommandsSaySo(String command) {
        assertThat(cli.run(command.split(" ", -1))).isEqualTo(1);
        assertThat(cli.err().strip())
                .contains("no Drover is running here: nothing answers at http://127.0.0.1:9; start one with drover up")
                .hasLineCount(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "nodes quarantine gpu0 | a quarantine needs a reason: --reason TEXT",
                "nodes drain           | Missing required parameter: 'NODE'",
                "nodes restart gpu0 --actor first | 'first' is not an int",
                "nodes                 | Missing required subcommand",
                "jobs list --limit 101 | --limit must be 1 to 100, but was 101",
                "audit --limit 0       | --limit must be 1 to 1000, but was 0",
                "log-level drover      | a level is missing",
                "models withdraw m     | withdrawing a model needs a reason: --reason TEXT",
                "report --last day     | --last must be a number with s, m, h or d, such as 90m, 24h or 7d, from 1m to 3650d, but was day",
                "report --last 30s     | but was 30s",
            })
    void operatorsAreToldWhatIsMissing(String command, String expected) {
        assertThat(cli.run(command.strip().split(" ", -1))).isEqualTo(2);
        assertThat(cli.err().strip()).contains(expected).hasLineCount(1);
    }

    @Test
    void aBadConfigurationStopsEveryCommandWithTheLine() throws IOException {
        Path file = home.resolve("my.conf");
        Files.writeString(file, "drover {\n  http.port = no\n}\n");

        assertThat(cli.run("status", "--config", file.toString())).isEqualTo(2);
        assertThat(cli.err()).contains(file + ":2: drover.http.port = \"no\"; expected a whole number from 0 to 65535");
    }

    @ParameterizedTest
    @CsvSource({"--help", "version", "help", "generate --help", "up --help", "golden --help", "bench --help"})
    void helpGoesToStandardOutput(String command) {
        assertThat(cli.run(command.split(" ", -1))).isZero();
        assertThat(cli.out()).isNotBlank();
        assertThat(cli.err()).isEmpty();
    }

    @Test
    void theBundledModelIsListed() {
        assertThat(cli.run("models", "list")).isZero();
        assertThat(cli.out().lines().toList())
                .hasSize(2)
                .element(1)
                .asString()
                .startsWith("emoji-diffusion")
                .contains("64x64");
    }

    @Test
    void loadingAModelIsMeasured() {
        // How fast it is depends on the machine; 1 says that it is slow.
        assertThat(cli.run("bench", "load", "--rounds", "1")).isBetween(0, 1);
        assertThat(cli.out())
                .startsWith("Loading emoji-diffusion: files of ")
                .containsPattern("model loaded +[1-9][0-9,]* MB/s");
    }

    @ParameterizedTest
    @CsvSource({
        "unet, say --random-weights",
        "unet --random-weights --arch sd9, --arch is sd9; expected one of",
        "unet --random-weights --size 100, --size must be a multiple of 64",
        "pipeline --random-weights --steps 0, --steps must be 1 to 500",
        "load --random-weights --model x, 'say --model or --random-weights, not both'"
    })
    void measurementsThatCannotBeMadeAreRefused(String what, String expected) {
        assertThat(cli.run(("bench " + what).split(" ", -1))).isEqualTo(2);
        assertThat(cli.err().strip()).contains(expected).hasLineCount(1);
    }

    @Test
    void aFolderWithoutCasesIsNotSupported() {
        assertThat(cli.run("golden", home.toString())).isEqualTo(2);
        assertThat(cli.run("golden", home.resolve("gone").toString())).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
        "tpu, 'a device is auto, cpu, cuda or cuda:N, but not ''tpu'''",
        "cuda:999, there is no cuda:999: this libtorch sees"
    })
    void aDeviceThatIsNotThereIsRefused(String device, String expected) {
        assertThat(cli.run("golden", "--device", device, home.toString())).isEqualTo(1);
        assertThat(cli.err().strip()).contains(expected).hasLineCount(1);
    }

    @Test
    void twoDroversDoNotShareADataFolder() {
        try (DataLock first = DataLock.take(home.resolve("data"))) {
            assertThat(first).isNotNull();
            assertThat(cli.run("up")).isEqualTo(1);
            assertThat(cli.err().strip())
                    .contains(
                            "another Drover (process " + ProcessHandle.current().pid() + ") works on")
                    .hasLineCount(1);
        }
    }

    @Test
    void resultsLieBesideEachOther() {
        OutputFiles files = new OutputFiles(home.resolve("apple.v1.png"));

        assertThat(List.of(files.file(0), files.file(1), files.file(2)))
                .containsExactly(
                        home.resolve("apple.v1.png"), home.resolve("apple.v1-2.png"), home.resolve("apple.v1-3.png"));
    }
}
