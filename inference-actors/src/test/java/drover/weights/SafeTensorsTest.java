package drover.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafeTensorsTest {
    @TempDir
    Path folder;

    @Test
    void loadsEveryTypeAndConvertsIt() throws Exception {
        SafeTensorsFile content = new SafeTensorsFile()
                .tensor(
                        "f64",
                        "F64",
                        List.of(2L),
                        little(16).putDouble(1.5).putDouble(-2).array())
                .floats("f32", List.of(2L), 1.5f, -2)
                .tensor(
                        "f16",
                        "F16",
                        List.of(2L),
                        little(4)
                                .putShort((short) 0x3e00)
                                .putShort((short) 0xc000)
                                .array())
                .tensor(
                        "bf16",
                        "BF16",
                        List.of(2L),
                        little(4)
                                .putShort((short) 0x3fc0)
                                .putShort((short) 0xc000)
                                .array())
                .tensor(
                        "i64",
                        "I64",
                        List.of(2L),
                        little(16).putLong(7).putLong(-1).array())
                .tensor(
                        "i32",
                        "I32",
                        List.of(2L),
                        little(8).putInt(7).putInt(-1).array())
                .tensor("u8", "U8", List.of(2L), new byte[] {7, (byte) 255})
                .tensor("bool", "BOOL", List.of(3L), new byte[] {0, 1, 7});
        try (NDManager manager = NDManager.newBaseManager();
                SafeTensors file = SafeTensors.open(content.write(folder.resolve("a.safetensors")))) {
            for (String name : List.of("f64", "f32", "f16", "bf16")) {
                assertThat(file.load(manager, name, DataType.FLOAT32).toFloatArray())
                        .containsExactly(1.5f, -2);
            }
            assertThat(file.load(manager, "f64").toDoubleArray()).containsExactly(1.5, -2);
            assertThat(file.load(manager, "i64").toLongArray()).containsExactly(7, -1);
            assertThat(file.load(manager, "i32").toIntArray()).containsExactly(7, -1);
            assertThat(file.load(manager, "u8").toUint8Array()).containsExactly(7, 255);
            assertThat(file.load(manager, "bool").toBooleanArray()).containsExactly(false, true, true);
            assertThat(file.load(manager, "bool", DataType.FLOAT32).toFloatArray())
                    .containsExactly(0, 1, 1);
            assertThat(file.load(manager, "bf16").getDataType()).isEqualTo(DataType.FLOAT32);
            assertThat(file.load(manager, "bf16", DataType.FLOAT16).getDataType())
                    .isEqualTo(DataType.FLOAT16);
            assertThatThrownBy(() -> file.load(manager, "f32", DataType.BFLOAT16))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("bfloat16");
            assertThat(file.names()).containsExactly("f64", "f32", "f16", "bf16", "i64", "i32", "u8", "bool");
            assertThat(file.bytes()).isEqualTo(16 + 8 + 4 + 4 + 16 + 8 + 2 + 3);
        }
    }

    @Test
    void loadedTensorsOutliveTheMapping() throws Exception {
        Path path =
                new SafeTensorsFile().floats("x", List.of(2L, 2L), 1, 2, 3, 4).write(folder.resolve("a.safetensors"));
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray same;
            NDArray converted;
            SafeTensors file = SafeTensors.open(path);
            try (file) {
                same = file.load(manager, "x");
                converted = file.load(manager, "x", DataType.FLOAT64);
            }
            file.close();
            assertThat(same.getShape()).isEqualTo(new Shape(2, 2));
            assertThat(same.toFloatArray()).containsExactly(1, 2, 3, 4);
            assertThat(converted.toDoubleArray()).containsExactly(1, 2, 3, 4);
            assertThatThrownBy(() -> file.load(manager, "x"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("closed");
        }
    }

    @Test
    void loadsScalarsAndEmptyTensors() throws Exception {
        Path path = new SafeTensorsFile()
                .floats("scalar", List.of(), 3)
                .floats("empty", List.of(0L, 4L))
                .tensor("vast", "U8", List.of(1L << 60, 0L, 3L), new byte[0])
                .write(folder.resolve("a.safetensors"));
        try (NDManager manager = NDManager.newBaseManager();
                SafeTensors file = SafeTensors.open(path)) {
            assertThat(file.load(manager, "scalar").getFloat()).isEqualTo(3);
            assertThat(file.load(manager, "empty").getShape()).isEqualTo(new Shape(0, 4));
            assertThat(file.load(manager, "vast", DataType.FLOAT64).size()).isZero();
        }
    }

    @Test
    void copiesInPiecesWhatIsTooLargeForOneBuffer() throws Exception {
        float[] values = new float[21];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        Path path = new SafeTensorsFile().floats("x", List.of(3L, 7L), values).write(folder.resolve("a.safetensors"));
        try (NDManager manager = NDManager.newBaseManager();
                SafeTensors file = SafeTensors.open(path, 32)) {
            NDArray loaded = file.load(manager, "x", DataType.FLOAT64);
            assertThat(loaded.getShape()).isEqualTo(new Shape(3, 7));
            assertThat(loaded.toType(DataType.FLOAT32, false).toFloatArray()).isEqualTo(values);
        }
    }

    @Test
    void readsBeyondTwoGigabytes() throws Exception {
        long filler = 3L << 30;
        String header = "{\"filler\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[0,%d]},"
                        .formatted(filler, filler)
                + "\"last\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[%d,%d]}}".formatted(filler, filler + 4);
        header += " ".repeat(Math.floorMod(-header.length(), 8));
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        Path path = folder.resolve("big.safetensors");
        // The filler is never written: the file is sparse and takes a page or two.
        try (RandomAccessFile sparse = new RandomAccessFile(path.toFile(), "rw")) {
            sparse.write(SafeTensorsFile.file(json.length, json, new byte[0]));
            sparse.seek(8 + json.length + filler);
            sparse.write(little(4).putFloat(42).array());
        }
        try (NDManager manager = NDManager.newBaseManager();
                SafeTensors file = SafeTensors.open(path)) {
            assertThat(file.load(manager, "last").getFloat(0)).isEqualTo(42);
            try (Weights.Lease lease = file.lease()) {
                assertThat(lease.view(manager, "filler", DataType.UINT8)).isEmpty();
                assertThat(lease.view(manager, "last", DataType.FLOAT32)).isPresent();
            }
        } finally {
            Files.delete(path);
        }
    }

    @Test
    void aFileThatIsCutWhileOpenIsNoticed() throws Exception {
        Path path = new SafeTensorsFile()
                .floats("x", List.of(100_000L), new float[100_000])
                .write(folder.resolve("a.safetensors"));
        try (NDManager manager = NDManager.newBaseManager();
                SafeTensors file = SafeTensors.open(path)) {
            try (RandomAccessFile cut = new RandomAccessFile(path.toFile(), "rw")) {
                cut.setLength(1000);
            }
            assertThatThrownBy(() -> file.load(manager, "x"))
                    .isInstanceOf(WeightsException.Damaged.class)
                    .hasMessageContaining("has been cut to 1000 bytes")
                    .hasMessageContaining("tensor x");
        }
    }

    @Test
    void keepsMetadata() throws Exception {
        Path path = new SafeTensorsFile()
                .entry("\"__metadata__\":{\"format\":\"pt\"}")
                .write(folder.resolve("a.safetensors"));
        try (SafeTensors file = SafeTensors.open(path)) {
            assertThat(file.metadata()).containsEntry("format", "pt");
            assertThat(file.names()).isEmpty();
        }
    }

    @Test
    void aTypeWithoutCounterpartIsRefusedOnlyWhenAskedFor() throws Exception {
        Path path = new SafeTensorsFile()
                .tensor("odd", "F8_E4M3", List.of(2L), new byte[2])
                .floats("x", List.of(1L), 1)
                .write(folder.resolve("a.safetensors"));
        try (NDManager manager = NDManager.newBaseManager();
                SafeTensors file = SafeTensors.open(path)) {
            assertThat(file.load(manager, "x").getFloat(0)).isEqualTo(1);
            assertThatThrownBy(() -> file.load(manager, "odd"))
                    .isInstanceOf(WeightsException.Unsupported.class)
                    .hasMessageContaining("odd")
                    .hasMessageContaining("F8_E4M3")
                    .hasMessageContaining("BF16");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"x\":{\"dtype\":\"F31\",\"shape\":[1],\"data_offsets\":[0,4]}} | tensor x has the unknown dtype F31",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}} | tensor x of shape [2] and type F32 needs 8 bytes, but claims 4",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}} | tensor x claims bytes 4 to 0",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}} | is cut short: by its header it should have 70 bytes, but it has 66; get the file again",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}} | tensor x has -1 in shape",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}} | tensor x has 1.0 in shape",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,4]}} | needs more than 2^63 bytes",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[0,4611686018427387904,4],\"data_offsets\":[0,0]}} | needs more than 2^63 bytes",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[9223372036854775808],\"data_offsets\":[0,4]}} | tensor x has 9223372036854775808 in shape",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,4]}} | tensor x has more than 2 numbers in data_offsets",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}} | tensor x has 1 data_offsets",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}} | tensor x has more than 16 numbers in shape",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[1]}} | tensor x lacks data_offsets",
                "{\"x\":{\"dtype\":4,\"shape\":[1],\"data_offsets\":[0,4]}} | tensor x has dtype 4",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"y\":1}} | tensor x has the unknown key y",
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"shape\":[1],\"data_offsets\":[0,4]}} | Duplicate field 'shape'",
                "{\"x\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"x\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}} | Duplicate field 'x'",
                "{\"x\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},\"y\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}} | tensor y begins at byte 2, inside tensor x, which ends at 3",
                "{\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"y\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}} | bytes 1 to 2 belong to no tensor",
                "{\"x\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]}} | the tensors end at byte 3, but there are 4",
                "{\"x\":7} | x should be a JSON object",
                "{\"__metadata__\":{\"a\":1}} | __metadata__ maps strings to strings, but a is 1",
                "{} {} | something follows",
                "{\"x\": | not good JSON",
                "[] | does not begin with '{'",
                "'' | does not begin with '{'",
            })
    void refusesAHeaderThatContradictsItself(String header, String expected) throws IOException {
        Path path = Files.write(
                folder.resolve("bad.safetensors"), SafeTensorsFile.file(header == null ? "" : header, new byte[4]));
        assertThatThrownBy(() -> SafeTensors.open(path))
                .isInstanceOf(WeightsException.Damaged.class)
                .hasMessageContaining("bad.safetensors")
                .hasMessageContaining(expected);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE, 3, 100_000_001, Long.MAX_VALUE})
    void refusesAHeaderLengthThatCannotBe(long length) throws IOException {
        Path path = Files.write(
                folder.resolve("bad.safetensors"), SafeTensorsFile.file(length, new byte[] {'{', '}'}, new byte[0]));
        assertThatThrownBy(() -> SafeTensors.open(path))
                .isInstanceOf(WeightsException.Damaged.class)
                .hasMessageContaining("claims a header of " + Long.toUnsignedString(length));
    }

    @Test
    void refusesAHeaderThatIsNotUtf8() throws IOException {
        byte[] utf16 = "{\"ab\":{}}".getBytes(StandardCharsets.UTF_16LE);
        byte[] broken = "{\"__metadata__\":{\"a\":\"\u00e9\"}}".getBytes(StandardCharsets.ISO_8859_1);
        for (byte[] json : List.of(utf16, broken)) {
            Path path = Files.write(
                    folder.resolve("bad.safetensors"), SafeTensorsFile.file(json.length, json, new byte[0]));
            assertThatThrownBy(() -> SafeTensors.open(path)).isInstanceOf(WeightsException.Damaged.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.ckpt", "model.bin", "MODEL.PT", "model.pth"})
    void refusesPicklesAndSaysWhy(String name) throws IOException {
        Path path = Files.write(folder.resolve(name), new byte[100]);
        assertThatThrownBy(() -> SafeTensors.open(path))
                .isInstanceOf(WeightsException.Unsupported.class)
                .hasMessageContaining("pickle")
                .hasMessageContaining("convert it to safetensors");
    }

    @Test
    void recognisesAPickleUnderAnotherName() throws IOException {
        Path path = Files.write(
                folder.resolve("a.safetensors"), "PK\3\4 and what follows".getBytes(StandardCharsets.US_ASCII));
        assertThatThrownBy(() -> SafeTensors.open(path)).hasMessageContaining("looks like a PyTorch pickle");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "version https://git-lfs.github.com/spec/v1 oid sha256:4d7a | run git lfs pull",
                "<!DOCTYPE html><html> | the file is a web page",
                "{\"error\":\"Access to this model is restricted\"} | the file is a server's error message",
                "GGUF and what follows | the file is GGUF",
                "some other text | it is no safetensors file",
                "'' | is empty; get the file again",
                "short | has 5 bytes",
            })
    void saysWhatAFileOfAnotherKindIs(String content, String expected) throws IOException {
        Path path = Files.writeString(folder.resolve("a.safetensors"), content == null ? "" : content);
        assertThatThrownBy(() -> SafeTensors.open(path))
                .isInstanceOf(WeightsException.Damaged.class)
                .hasMessageContaining("a.safetensors")
                .hasMessageContaining(expected);
    }

    @Test
    void aFileThatWasCutOffWhileItCameSaysHowMuchIsMissing() throws IOException {
        byte[] whole = new SafeTensorsFile()
                .floats("a", List.of(3L), 1, 2, 3)
                .floats("b", List.of(2L), 1, 2)
                .bytes();
        Path data = Files.write(folder.resolve("data.safetensors"), SafeTensorsFile.withoutLast(whole, 9));
        assertThatThrownBy(() -> SafeTensors.open(data))
                .isInstanceOf(WeightsException.Damaged.class)
                .hasMessage(data + ": is cut short: by its header it should have " + whole.length
                        + " bytes, but it has " + (whole.length - 9) + "; get the file again");
        Path header = Files.write(folder.resolve("header.safetensors"), SafeTensorsFile.withoutLast(whole, 40));
        assertThatThrownBy(() -> SafeTensors.open(header))
                .hasMessageEndingWith("; the file is cut short; get it again");
    }

    @Test
    void refusesWhatIsNoFile() {
        assertThatThrownBy(() -> SafeTensors.open(folder.resolve("gone.safetensors")))
                .isInstanceOf(WeightsException.Missing.class)
                .hasMessageContaining("gone.safetensors");
        assertThatThrownBy(() -> SafeTensors.open(folder)).isInstanceOf(WeightsException.Unsupported.class);
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
