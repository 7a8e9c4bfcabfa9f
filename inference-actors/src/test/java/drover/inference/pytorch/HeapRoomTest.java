package drover.inference.pytorch;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.DataType;
import drover.diffusion.Fixtures;
import drover.inference.AttemptId;
import drover.inference.EngineException;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.inference.Sampler;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeapRoomTest {
    /** A node's, unless its operator says otherwise. */
    private static final HeapRoom NODE = new HeapRoom(256 << 20);

    @ParameterizedTest
    @CsvSource({"1, 3072, 3072, 1", "8, 2048, 2048, 1", "16, 1024, 1024, 1", "64, 512, 512, 1", "1, 768, 768, 4"})
    void whatFitsIsTaken(int count, int width, int height, int scale) {
        assertThatCode(() -> NODE.check(count, width, height, scale)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({"16, 2048, 2048, 1", "1, 4096, 4096, 1", "4, 1024, 1024, 4", "2147483647, 64, 64, 1", "1, 64, 64, 4096"
    })
    void whatDoesNotIsRefused(int count, int width, int height, int scale) {
        assertThatThrownBy(() -> NODE.check(count, width, height, scale))
                .isInstanceOf(EngineException.Unsupported.class)
                .hasMessageContaining("MiB of this process's heap, but it has 192 MiB for pictures; ask for fewer");
    }

    @Test
    void theReasonNamesWhatWasAskedFor() {
        assertThatThrownBy(() -> NODE.check(16, 1024, 512, 4))
                .hasMessage("16 picture(s) of 4096x2048 pixels take 488 MiB of this process's heap, but it has 192 MiB"
                        + " for pictures; ask for fewer or smaller ones, or raise drover.nodes.heap");
    }

    @Test
    void aBatchThatTheHeapCannotHoldIsRefusedBeforeItIsPainted() {
        try (PyTorchEngine engine = TinyModels.engine(DataType.FLOAT32, Fixtures.path("sd15"))) {
            ImageRequest request = new ImageRequest(
                    "sd15", "a red apple", "", 64, 64, 4, Sampler.EULER, 5, 41, 1, 2_000_000, Optional.empty());
            assertThatThrownBy(() -> engine.run(new AttemptId(new JobId("large"), 1), request, new Recorder()))
                    .isInstanceOf(EngineException.Unsupported.class)
                    .hasMessageStartingWith("2000000 picture(s) of 64x64 pixels take ");
        }
    }
}
