package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.graph.FlopCount;
import drover.graph.NativeScope;
import drover.graph.Torch;
import drover.graph.TorchOptions;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RandomModelTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({"sd15, 2132470614", "sdxl, 6937675734"})
    void theWholeModelHasTheSizeOfTheRealOne(String arch, long bytes) throws Exception {
        assertThat(new RandomModel(RandomModel.Kind.named(arch).orElseThrow()).bytes())
                .isEqualTo(bytes);
    }

    @ParameterizedTest
    @CsvSource({"sd15", "sdxl"})
    void aNarrowNetworkRunsAndMakesNumbers(String arch) throws Exception {
        new RandomModel(RandomModel.Kind.named(arch).orElseThrow()).writeNarrowUnet(folder);
        Torch torch = new Torch(TorchOptions.cpu(2));
        try (UNet2DConditionModel unet =
                        UNet2DConditionModel.load(torch, ModelSource.at(folder), "unet", DataType.FLOAT32);
                NativeScope scope = torch.open("test")) {
            NDArray sample = scope.floats(new float[4 * 64], 1, 4, 8, 8);
            NDArray context = scope.floats(new float[77 * 32], 1, 77, 32);
            Optional<UNet2DConditionModel.Added> added = unet.config()
                    .added()
                    .map(it -> new UNet2DConditionModel.Added(
                            scope.floats(new float[it.pooledWidth()], 1, it.pooledWidth()),
                            scope.floats(new float[6], 1, 6)));
            float[] made = scope.toFloats(unet.predict(scope, sample, 500, context, added));
            assertThat(StableDiffusion.finite(made)).hasSize(4 * 64);
            assertThat(made[0]).isNotZero();
            FlopCount once = unet.flops(torch, scope, sample, 500, context, added);
            assertThat(once.attention()).isPositive();
            assertThat(once.fused()).isEqualTo(once.attentions()).isGreaterThan(20);
            assertThat(once.convolutions()).isGreaterThan(once.attention());
            assertThat(unet.nativeNanos()).isPositive();
        } finally {
            torch.close();
        }
    }
}
