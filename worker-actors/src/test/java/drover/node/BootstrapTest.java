package drover.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import drover.diffusion.ExtraFiles;
import drover.diffusion.ModelPlaces;
import drover.graph.Precision;
import drover.inference.fault.FaultSettings;
import drover.logging.LoggingSettings;
import drover.watchdog.PhaseTimeouts;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class BootstrapTest {
    private static final ExtraFiles FILES = ExtraFiles.below(Path.of("/models"));

    static List<Bootstrap> bootstraps() {
        GpuDevice gpu = new GpuDevice(
                "gpu1", OptionalInt.of(1), Optional.of("GPU-12"), "NVIDIA H100", OptionalLong.of(1L << 36));
        return List.of(
                bootstrap(
                        gpu,
                        new EngineSettings.PyTorch(
                                2, Optional.of(Precision.FLOAT16), OptionalLong.of(5), true, false, FILES)),
                bootstrap(
                        GpuDevice.cpu(0),
                        new EngineSettings.PyTorch(0, Optional.empty(), OptionalLong.empty(), false, true, FILES)),
                bootstrap(GpuDevice.gpu(0), new EngineSettings.Fault(FaultSettings.instant(Set.of("a", "b")))));
    }

    private static Bootstrap bootstrap(GpuDevice device, EngineSettings engine) {
        return new Bootstrap(
                "pekko://drover@127.0.0.1:25520/user/nodes/keeper#1",
                device,
                7,
                new Membership(
                        "127.0.0.1",
                        Optional.of("0.0.0.0"),
                        Optional.of(new Membership.Tls(Path.of("/a"), Path.of("/b"), Path.of("/c"))),
                        Membership.Detection.PROMPT),
                "pekko://drover@127.0.0.1:25520",
                engine,
                new SafetySettings(Optional.of(Path.of("/models/checker")), Optional.empty(), Duration.ofSeconds(7)),
                new ModelPlaces(
                        List.of(Path.of("/models"), Path.of("/more models/ä")), Optional.of(Path.of("/models.yaml"))),
                Path.of("/cache"),
                Path.of("/data/assets"),
                Bootstrap.Timeouts.of(PhaseTimeouts.defaults()),
                new LoggingSettings(Path.of("/logs"), true, Map.of("drover.node", "debug"), 1 << 20, 7, 1 << 30),
                Duration.ofSeconds(30),
                Duration.ofMillis(12_500));
    }

    private static Bootstrap read(String text) throws IOException {
        return Bootstrap.read(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    }

    @ParameterizedTest
    @MethodSource("bootstraps")
    void comesOutAsItWentIn(Bootstrap bootstrap) throws IOException {
        byte[] line = bootstrap.toLine();

        assertThat(line).endsWith((byte) '\n');
        assertThat(Bootstrap.read(new ByteArrayInputStream(line))).isEqualTo(bootstrap);
    }

    @Test
    void timeoutsComeOutAsTheyWentIn() {
        PhaseTimeouts timeouts = PhaseTimeouts.builder()
                .inferenceStep(Duration.ofMillis(700))
                .upload(Duration.ofSeconds(9))
                .build();

        Bootstrap.Timeouts sent = Bootstrap.Timeouts.of(timeouts);

        assertThat(Bootstrap.Timeouts.of(sent.toPhaseTimeouts())).isEqualTo(sent);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "{}\n", "null\n", "[]\n", "no json\n", "{\"keeper\":1}\n"})
    void anythingElseIsRefused(String text) {
        assertThatThrownBy(() -> read(text)).isInstanceOf(IOException.class);
    }

    @Test
    void anUnknownOrMissingFieldIsRefused() {
        String line = new String(bootstraps().getFirst().toLine(), StandardCharsets.UTF_8);

        assertThatThrownBy(() -> read(line.replace("\"launch\":7", "\"launch\":7,\"other\":1")))
                .hasMessageContaining("other");
        assertThatThrownBy(() -> read(line.replace("\"launch\":7,", ""))).hasMessageContaining("launch");
        assertThatThrownBy(() -> read(line.replace("\"launch\":7", "\"launch\":0")))
                .hasMessageContaining("from 1");
    }

    @Test
    void aLineThatIsTooLongIsRefusedWithoutReadingItAll() {
        byte[] endless = new byte[Bootstrap.MAX_BYTES * 2];
        Arrays.fill(endless, (byte) ' ');
        ByteArrayInputStream in = new ByteArrayInputStream(endless);

        assertThatThrownBy(() -> Bootstrap.read(in)).hasMessageContaining("longer than");
        assertThat(in.available()).isGreaterThan(Bootstrap.MAX_BYTES / 2);
    }

    @Property(tries = 500)
    void noInputIsWorseThanRefused(@ForAll @Size(max = 300) byte[] bytes) {
        assertThatThrownBy(() -> Bootstrap.read(new ByteArrayInputStream(bytes)))
                .isInstanceOf(IOException.class);
    }
}
