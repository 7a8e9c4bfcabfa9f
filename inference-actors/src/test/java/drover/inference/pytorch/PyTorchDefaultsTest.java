package drover.inference.pytorch;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.types.DataType;
import drover.diffusion.ExtraFiles;
import drover.graph.Precision;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PyTorchDefaultsTest {
    @TempDir
    private Path folder;

    @Test
    void processorsComputeIn32BitsAndGpusIn16UnlessTheOperatorSaysOtherwise() {
        assertThat(Precision.usual(false)).isEqualTo(Precision.FLOAT32);
        assertThat(Precision.usual(true)).isEqualTo(Precision.FLOAT16);
        assertThat(settings(Optional.empty()).precision()).isEqualTo(DataType.FLOAT32);
        assertThat(settings(Optional.of(Precision.FLOAT16)).precision()).isEqualTo(DataType.FLOAT16);
    }

    private PyTorchSettings settings(Optional<Precision> precision) {
        return PyTorchDefaults.settings(
                false,
                OptionalLong.empty(),
                1,
                precision,
                OptionalLong.of(1 << 20),
                ExtraFiles.below(folder),
                false,
                true,
                "test");
    }
}
