package drover.weights;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Whatever the bytes: an orderly refusal or tensors that can be read to their last byte. */
class SafeTensorsFuzzTest {
    private static final byte[] GOOD = new SafeTensorsFile()
            .entry("\"__metadata__\":{\"format\":\"pt\"}")
            .floats("weight", List.of(2L, 3L), 1, 2, 3, 4, 5, 6)
            .tensor("ids", "I64", List.of(1L, 2L), new byte[16])
            .tensor("mask", "BOOL", List.of(3L), new byte[] {0, 1, 1})
            .floats("empty", List.of(0L))
            .bytes();

    private static Path file = Path.of("unset");

    @BeforeContainer
    static void makeFile() throws IOException {
        file = Files.createTempFile("fuzz", ".safetensors");
    }

    @AfterContainer
    static void deleteFile() throws IOException {
        Files.deleteIfExists(file);
    }

    @Property(tries = 500)
    void arbitraryBytes(@ForAll @Size(max = 300) byte[] bytes) throws IOException {
        opensOrRefuses(bytes);
    }

    @Property(tries = 500)
    void arbitraryTextAsHeader(@ForAll("headers") String header, @ForAll @Size(max = 40) byte[] data)
            throws IOException {
        opensOrRefuses(SafeTensorsFile.file(header, data));
    }

    @Property(tries = 1000)
    void mutatedFiles(@ForAll("mutations") List<Mutation> mutations) throws IOException {
        byte[] bytes = GOOD.clone();
        for (Mutation mutation : mutations) {
            bytes = mutation.on(bytes);
        }
        opensOrRefuses(bytes);
    }

    @Property(tries = 300)
    void truncatedFilesAreRefused(@ForAll @IntRange(min = 1, max = 160) int count) throws IOException {
        assertThat(opensOrRefuses(SafeTensorsFile.withoutLast(GOOD, count))).isFalse();
    }

    @Provide
    Arbitrary<List<Mutation>> mutations() {
        Arbitrary<Mutation> one = Combinators.combine(
                        Arbitraries.of(Mutation.Kind.values()),
                        Arbitraries.integers().between(0, GOOD.length - 1),
                        Arbitraries.bytes())
                .as(Mutation::new);
        return one.list().ofMinSize(1).ofMaxSize(4);
    }

    /** Headers from the format's own words, so that the fuzz gets beyond the JSON parser. */
    @Provide
    Arbitrary<String> headers() {
        return Arbitraries.of(
                        "{",
                        "}",
                        "[",
                        "]",
                        ":",
                        ",",
                        "\"x\"",
                        "\"dtype\"",
                        "\"shape\"",
                        "\"data_offsets\"",
                        "\"F32\"",
                        "\"U8\"",
                        "\"BOOL\"",
                        "0",
                        "1",
                        "4",
                        "-1",
                        "1e99",
                        "9223372036854775807",
                        "null",
                        "true",
                        "\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}",
                        "\"y\":{\"dtype\":\"U8\",\"shape\":[2,2],\"data_offsets\":[0,4]}",
                        "\"__metadata__\":{}")
                .list()
                .ofMaxSize(12)
                .map(words -> "{" + String.join("", words) + "}");
    }

    private static boolean opensOrRefuses(byte[] bytes) throws IOException {
        Files.write(file, bytes);
        try (NDManager manager = NDManager.newBaseManager();
                SafeTensors opened = SafeTensors.open(file)) {
            for (String name : opened.names()) {
                TensorInfo info = opened.find(name).orElseThrow();
                if (info.type().dataType().isEmpty()) {
                    continue;
                }
                try (NDArray loaded = opened.load(manager, name)) {
                    assertThat(loaded.toByteBuffer().remaining())
                            .isEqualTo((int) info.djlShape().size()
                                    * loaded.getDataType().getNumOfBytes());
                }
            }
            return true;
        } catch (WeightsException refused) {
            assertThat(refused).hasMessageContaining(file.getFileName().toString());
            return false;
        }
    }

    /** A change of one byte, an insertion, a removal. */
    record Mutation(Kind kind, int at, byte value) {
        enum Kind {
            SET,
            FLIP,
            INSERT,
            REMOVE
        }

        byte[] on(byte[] bytes) {
            if (bytes.length == 0) {
                return bytes;
            }
            int place = at % bytes.length;
            byte[] result = switch (kind) {
                case SET, FLIP -> bytes.clone();
                case INSERT -> Arrays.copyOf(bytes, bytes.length + 1);
                case REMOVE -> Arrays.copyOf(bytes, bytes.length - 1);
            };
            switch (kind) {
                case SET -> result[place] = value;
                case FLIP -> result[place] ^= (byte) (1 << (value & 7));
                case INSERT -> {
                    System.arraycopy(bytes, place, result, place + 1, bytes.length - place);
                    result[place] = value;
                }
                case REMOVE -> System.arraycopy(bytes, place + 1, result, place, bytes.length - place - 1);
            }
            return result;
        }
    }
}
