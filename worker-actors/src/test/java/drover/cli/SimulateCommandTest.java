package drover.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SimulateCommandTest {
    @TempDir
    private Path home;

    private TestCli cli;

    @BeforeEach
    void start() {
        cli = new TestCli(home, Map.of());
    }

    @Test
    void itSearchesAndSaysHowFast() {
        assertThat(cli.run("simulate", "--seed", "1", "--runs", "3", "--jobs", "20"))
                .isEqualTo(Cli.DONE);
        assertThat(cli.out()).contains("3 runs of 20 jobs", "runs/s", "seed 1", "no rule was broken");
    }

    @Test
    void itReplaysOneRun() {
        assertThat(cli.run("simulate", "--seed", "1", "--jobs", "3", "--trace")).isEqualTo(Cli.DONE);
        assertThat(cli.out()).contains("order 0 at", "order 2 at", "control.0 starts", "Assigned[attempt=j0#1");
    }

    @Test
    void itRefusesNonsense() {
        assertThat(cli.run("simulate", "--jobs", "0")).isEqualTo(Cli.USAGE);
        assertThat(cli.err()).contains("--jobs must be 1 to 10000, but was 0");
    }
}
