package drover.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import drover.weights.RenamedWeights.Stored;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tensors used where they lie in the mapped file. */
class WeightsLeaseTest {
    @TempDir
    private Path folder;

    private NDManager manager;

    @BeforeEach
    void start() {
        manager = NDManager.newBaseManager(Device.cpu());
    }

    @AfterEach
    void stop() {
        manager.close();
    }

    private Path numbers(int beyond) throws Exception {
        return new SafeTensorsFile()
                .floats("x", List.of(2L, 3L), 1, 2, 3, 4, 5, 6)
                .write(folder.resolve("a.safetensors"), beyond);
    }

    @ParameterizedTest
    @CsvSource({
        "F64, FLOAT64, 8",
        "F32, FLOAT32, 4",
        "F16, FLOAT16, 2",
        "I64, INT64, 8",
        "I32, INT32, 4",
        "U8, UINT8, 1"
    })
    void aViewHasTheBytesOfACopy(String stored, DataType type, int bytes) throws Exception {
        byte[] random = new byte[35 * bytes];
        new SplittableRandom(5).nextBytes(random);
        Path path = new SafeTensorsFile()
                .tensor("x", stored, List.of(5L, 7L), random)
                .write(folder.resolve("a.safetensors"), 0);
        try (SafeTensors file = SafeTensors.open(path);
                Weights.Lease lease = file.lease();
                NDArray view = lease.view(manager, "x", type).orElseThrow();
                NDArray copy = file.load(manager, "x", type)) {
            assertThat(view.getShape()).isEqualTo(new Shape(5, 7));
            assertThat(view.getDataType()).isEqualTo(type);
            assertThat(view.toByteArray()).isEqualTo(copy.toByteArray()).isEqualTo(random);
        }
    }

    @Test
    void aViewIsTheFileItself() throws Exception {
        Path path = numbers(0);
        try (SafeTensors file = SafeTensors.open(path);
                Weights.Lease lease = file.lease();
                NDArray view = lease.view(manager, "x", DataType.FLOAT32).orElseThrow();
                NDArray copy = file.load(manager, "x")) {
            try (RandomAccessFile other = new RandomAccessFile(path.toFile(), "rw")) {
                other.seek(other.length() - 4);
                other.write(new byte[4]);
            }
            assertThat(view.toFloatArray()).containsExactly(1, 2, 3, 4, 5, 0);
            assertThat(copy.toFloatArray()).containsExactly(1, 2, 3, 4, 5, 6);
        }
    }

    @ParameterizedTest
    @CsvSource({"0, true", "4, true", "60, true", "1, false", "2, false", "63, false"})
    void whatDoesNotLieAtAMultipleOfItsSizeIsCopied(int beyond, boolean usable) throws Exception {
        try (SafeTensors file = SafeTensors.open(numbers(beyond));
                Weights.Lease lease = file.lease()) {
            assertThat(lease.view(manager, "x", DataType.FLOAT32).isPresent()).isEqualTo(usable);
            assertThat(file.load(manager, "x").toFloatArray()).containsExactly(1, 2, 3, 4, 5, 6);
        }
    }

    @Test
    void whatHasToBeConvertedIsCopied() throws Exception {
        Path path = new SafeTensorsFile()
                .floats("f32", List.of(1L), 1)
                .tensor("bf16", "BF16", List.of(2L), new byte[4])
                .tensor("bool", "BOOL", List.of(4L), new byte[] {0, 1, 7, 0})
                .floats("empty", List.of(0L))
                .tensor("odd", "U16", List.of(2L), new byte[4])
                .write(folder.resolve("a.safetensors"), 0);
        try (SafeTensors file = SafeTensors.open(path);
                Weights.Lease lease = file.lease()) {
            assertThat(lease.view(manager, "f32", DataType.FLOAT32)).isPresent();
            assertThat(lease.view(manager, "f32", DataType.FLOAT16)).isEmpty();
            assertThat(lease.view(manager, "bf16", DataType.FLOAT32)).isEmpty();
            assertThat(lease.view(manager, "bool", DataType.BOOLEAN)).isEmpty();
            assertThat(lease.view(manager, "empty", DataType.FLOAT32)).isEmpty();
            assertThatThrownBy(() -> lease.view(manager, "odd", DataType.INT32))
                    .isInstanceOf(WeightsException.Unsupported.class);
            assertThatThrownBy(() -> lease.view(manager, "none", DataType.FLOAT32))
                    .isInstanceOf(WeightsException.Missing.class);
        }
    }

    @Test
    void aFileThatHasBeenCutIsNoticed() throws Exception {
        Path path = numbers(0);
        try (SafeTensors file = SafeTensors.open(path);
                Weights.Lease lease = file.lease()) {
            try (RandomAccessFile other = new RandomAccessFile(path.toFile(), "rw")) {
                other.setLength(other.length() - 1);
            }
            assertThatThrownBy(() -> lease.view(manager, "x", DataType.FLOAT32))
                    .isInstanceOf(WeightsException.Damaged.class)
                    .hasMessageContaining("cut");
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aFileStaysMappedUntilTheLastLeaseIsClosed() throws Exception {
        Path path = numbers(0);
        Weights.Lease first;
        Weights.Lease second;
        try (SafeTensors file = SafeTensors.open(path)) {
            first = file.lease();
            second = file.lease();
        }
        NDArray view = second.view(manager, "x", DataType.FLOAT32).orElseThrow();
        first.close();
        first.close();
        assertThat(MappedFiles.contain(path)).isTrue();
        assertThat(view.toFloatArray()).containsExactly(1, 2, 3, 4, 5, 6);
        view.close();
        second.close();
        assertThat(MappedFiles.contain(path)).isFalse();
        assertThatThrownBy(() -> second.view(manager, "x", DataType.FLOAT32))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aLeaseOfSeveralFilesKeepsThemAll() throws Exception {
        Path one = new SafeTensorsFile().floats("a", List.of(1L), 1).write(folder.resolve("1.safetensors"), 0);
        Path two = new SafeTensorsFile().floats("b", List.of(1L), 2).write(folder.resolve("2.safetensors"), 0);
        Files.writeString(
                folder.resolve("m.safetensors.index.json"),
                "{\"weight_map\":{\"a\":\"1.safetensors\",\"b\":\"2.safetensors\"}}");
        Weights.Lease lease;
        try (Checkpoint checkpoint = Checkpoint.open(folder, "m")) {
            lease = checkpoint.lease();
        }
        assertThat(MappedFiles.contain(one)).isTrue();
        assertThat(MappedFiles.contain(two)).isTrue();
        try (NDArray b = lease.view(manager, "b", DataType.FLOAT32).orElseThrow()) {
            assertThat(b.getFloat(0)).isEqualTo(2);
        }
        lease.close();
        assertThat(MappedFiles.contain(one)).isFalse();
        assertThat(MappedFiles.contain(two)).isFalse();
    }

    @Test
    void aPartOfATensorIsAViewAndColumnsAreCopied() throws Exception {
        Path path = new SafeTensorsFile()
                .floats("all", List.of(3L, 2L), 1, 2, 3, 4, 5, 6)
                .floats("pixel", List.of(2L, 1L, 1L, 1L), 7, 8)
                .write(folder.resolve("a.safetensors"), 0);
        Map<String, Stored> names = Map.of(
                "third", Stored.third("all", 1),
                "columns", Stored.transposed("all"),
                "matrix", Stored.matrix("pixel"),
                "plain", Stored.plain("all"));
        try (Weights weights = new RenamedWeights(SafeTensors.open(path), name -> names.get(name));
                Weights.Lease lease = weights.lease()) {
            for (String name : List.of("third", "matrix", "plain")) {
                try (NDArray view = lease.view(manager, name, DataType.FLOAT32).orElseThrow();
                        NDArray copy = weights.load(manager, name, DataType.FLOAT32)) {
                    assertThat(view.getShape()).isEqualTo(copy.getShape());
                    assertThat(view.toFloatArray()).isEqualTo(copy.toFloatArray());
                }
            }
            Optional<NDArray> columns = lease.view(manager, "columns", DataType.FLOAT32);
            assertThat(columns).isEmpty();
        }
        assertThat(manager.getManagedArrays()).isEmpty();
    }
}
