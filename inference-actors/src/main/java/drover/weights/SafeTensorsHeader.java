package drover.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import drover.weights.WeightsException.Damaged;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The JSON header of a safetensors file, checked: what it holds fits the format, itself and the length of the data.
 *
 * @param tensors by name, in the header's order
 * @param metadata the {@code __metadata__} entry
 */
record SafeTensorsHeader(Map<String, TensorInfo> tensors, Map<String, String> metadata) {
    /** The format's own limit. */
    static final long MAX_BYTES = 100_000_000;

    /** Real tensors have at most five or six; more only cost time and trust. */
    static final int MAX_DIMENSIONS = 16;

    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    SafeTensorsHeader {
        tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    }

    /**
     * @param file for messages
     * @param json the header's bytes
     * @param dataBytes how many bytes follow the header
     */
    static SafeTensorsHeader parse(Path file, byte[] json, long dataBytes) throws WeightsException {
        if (json.length == 0 || json[0] != '{') {
            throw new Damaged(file, "the header does not begin with '{'");
        }
        // Jackson would guess the encoding from the bytes; the format says UTF-8.
        Reader text = new InputStreamReader(
                new ByteArrayInputStream(json),
                StandardCharsets.UTF_8
                        .newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT));
        try (JsonParser parser = JSON.createParser(text)) {
            SafeTensorsHeader header = new Reading(file, parser).header();
            checkCoverage(file, header.tensors, json.length, dataBytes);
            return header;
        } catch (JsonProcessingException e) {
            throw new Damaged(file, "the header is not good JSON: " + shorten(e.getOriginalMessage()));
        } catch (CharacterCodingException e) {
            throw new Damaged(file, "the header is not UTF-8");
        } catch (IOException e) {
            throw new WeightsException.Unreadable(file, e);
        }
    }

    /** The format wants the data covered from its first byte to its last, without holes and without overlap. */
    private static void checkCoverage(Path file, Map<String, TensorInfo> tensors, long headerBytes, long dataBytes)
            throws Damaged {
        List<TensorInfo> byPlace = new ArrayList<>(tensors.values());
        byPlace.sort(Comparator.comparingLong(TensorInfo::begin).thenComparingLong(TensorInfo::end));
        long covered = 0;
        @Nullable TensorInfo previous = null;
        for (TensorInfo tensor : byPlace) {
            if (tensor.begin() < covered && previous != null) {
                throw new Damaged(
                        file,
                        "tensor %s begins at byte %d, inside tensor %s, which ends at %d"
                                .formatted(shorten(tensor.name()), tensor.begin(), shorten(previous.name()), covered));
            }
            if (tensor.begin() > covered) {
                throw new Damaged(
                        file,
                        "tensor %s begins at byte %d, but bytes %d to %d belong to no tensor"
                                .formatted(shorten(tensor.name()), tensor.begin(), covered, tensor.begin()));
            }
            covered = tensor.end();
            previous = tensor;
        }
        if (covered > dataBytes) {
            long before = Long.BYTES + headerBytes;
            // Unsigned, because a hostile header may place its last tensor at 2^63.
            throw new Damaged(
                    file,
                    "is cut short: by its header it should have %s bytes, but it has %d; get the file again"
                            .formatted(Long.toUnsignedString(before + covered), before + dataBytes));
        }
        if (covered < dataBytes) {
            throw new Damaged(
                    file, "the tensors end at byte %d, but there are %d bytes of data".formatted(covered, dataBytes));
        }
    }

    static String shorten(String text) {
        return text.length() <= 120 ? text : text.substring(0, 120) + "…";
    }

    /** One pass over the JSON. */
    private record Reading(Path file, JsonParser parser) {
        SafeTensorsHeader header() throws IOException, Damaged {
            Map<String, TensorInfo> tensors = new LinkedHashMap<>();
            Map<String, String> metadata = new LinkedHashMap<>();
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                if (parser.nextToken() != JsonToken.START_OBJECT) {
                    throw new Damaged(file, shorten(name) + " should be a JSON object, but is " + found());
                }
                if (name.equals("__metadata__")) {
                    readMetadata(metadata);
                } else {
                    tensors.put(name, tensor(name));
                }
            }
            if (parser.nextToken() != null) {
                throw new Damaged(file, "something follows the header's JSON object");
            }
            return new SafeTensorsHeader(tensors, metadata);
        }

        private void readMetadata(Map<String, String> metadata) throws IOException, Damaged {
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String key = parser.currentName();
                if (parser.nextToken() != JsonToken.VALUE_STRING) {
                    throw new Damaged(
                            file,
                            "__metadata__ maps strings to strings, but %s is %s".formatted(shorten(key), found()));
                }
                metadata.put(key, parser.getText());
            }
        }

        private TensorInfo tensor(String name) throws IOException, Damaged {
            @Nullable DType type = null;
            @Nullable List<Long> shape = null;
            @Nullable List<Long> offsets = null;
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String key = parser.currentName();
                parser.nextToken();
                switch (key) {
                    case "dtype" -> type = type(name);
                    case "shape" -> shape = numbers(name, key, MAX_DIMENSIONS);
                    case "data_offsets" -> offsets = numbers(name, key, 2);
                    default -> throw bad(name, "has the unknown key " + shorten(key));
                }
            }
            if (type == null || shape == null || offsets == null) {
                throw bad(
                        name,
                        "lacks " + (type == null ? "dtype" : shape == null ? "shape" : "data_offsets")
                                + "; expected dtype, shape and data_offsets");
            }
            if (offsets.size() != 2) {
                throw bad(name, "has " + offsets.size() + " data_offsets; expected begin and end");
            }
            return placed(new TensorInfo(name, type, shape, offsets.getFirst(), offsets.getLast()));
        }

        private DType type(String name) throws IOException, Damaged {
            if (parser.currentToken() != JsonToken.VALUE_STRING) {
                throw bad(name, "has dtype " + found() + "; expected a string");
            }
            String text = parser.getText();
            return DType.byName(text)
                    .orElseThrow(() -> bad(
                            name,
                            "has the unknown dtype " + shorten(text) + "; known are " + DType.loadable()
                                    + " and a few that cannot be loaded"));
        }

        private List<Long> numbers(String name, String key, int limit) throws IOException, Damaged {
            if (parser.currentToken() != JsonToken.START_ARRAY) {
                throw bad(name, "has " + key + " " + found() + "; expected a list");
            }
            List<Long> numbers = new ArrayList<>();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT
                        || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                        || parser.getLongValue() < 0) {
                    throw bad(name, "has " + found() + " in " + key + "; expected whole numbers from 0 to 2^63-1");
                }
                if (numbers.size() == limit) {
                    throw bad(name, "has more than " + limit + " numbers in " + key);
                }
                numbers.add(parser.getLongValue());
            }
            return numbers;
        }

        private TensorInfo placed(TensorInfo tensor) throws Damaged {
            if (tensor.begin() > tensor.end()) {
                throw bad(
                        tensor.name(),
                        "claims bytes %d to %d, which is backwards".formatted(tensor.begin(), tensor.end()));
            }
            long expected = bytes(tensor);
            if (expected != tensor.bytes()) {
                throw bad(
                        tensor.name(),
                        "of shape %s and type %s needs %d bytes, but claims %d"
                                .formatted(tensor.shape(), tensor.type(), expected, tensor.bytes()));
            }
            return tensor;
        }

        /** Overflow is refused even when another dimension is 0, because strides are computed without the zero. */
        private long bytes(TensorInfo tensor) throws Damaged {
            long product = tensor.type().bytes();
            boolean empty = false;
            try {
                for (long dimension : tensor.shape()) {
                    empty |= dimension == 0;
                    product = Math.multiplyExact(product, Math.max(1, dimension));
                }
            } catch (ArithmeticException e) {
                throw bad(tensor.name(), "of shape " + tensor.shape() + " needs more than 2^63 bytes");
            }
            return empty ? 0 : product;
        }

        private Damaged bad(String tensor, String what) {
            return new Damaged(file, "tensor " + shorten(tensor) + " " + what);
        }

        private String found() throws IOException {
            String text = parser.getText();
            return text == null ? "nothing" : shorten(text);
        }
    }
}
