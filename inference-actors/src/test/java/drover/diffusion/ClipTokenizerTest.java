package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import drover.inference.EngineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClipTokenizerTest {
    private static final Path SD15 = Fixtures.path("sd15/tokenizer");

    private static final List<String> OLDER_FILES = List.of("tokenizer_config.json", "vocab.json", "merges.txt");

    private static Path older = Path.of("set by jqwik");

    @TempDir
    Path folder = Path.of("set by JUnit");

    @Test
    void reproducesEveryGoldenRow() throws Exception {
        JsonNode golden = Fixtures.json(Fixtures.path("sd15/goldens/tokenizer/tokenizer.json"));
        try (ClipTokenizer tokenizer = ClipTokenizer.open(SD15)) {
            assertThat(tokenizer.maxLength()).isEqualTo(golden.get("max_length").intValue());
            assertThat(golden.get("rows")).isNotEmpty().allSatisfy(row -> {
                String text = row.get("text").textValue();
                assertThat(tokenizer.encode(text)).as(text).isEqualTo(ids(row.get("ids_77")));
                assertThat(tokenizer.encodeUncut(text))
                        .as(text)
                        .isEqualTo(ids(row.get("ids_untruncated_with_bos_eos")));
            });
        }
    }

    @Test
    void reproducesTheGoldenRowsFromVocabularyAndMergesAlone() throws Exception {
        olderFolder();
        JsonNode golden = Fixtures.json(Fixtures.path("sd15/goldens/tokenizer/tokenizer.json"));
        try (ClipTokenizer tokenizer = ClipTokenizer.open(folder)) {
            assertThat(golden.get("rows"))
                    .isNotEmpty()
                    .allSatisfy(
                            row -> assertThat(tokenizer.encode(row.get("text").textValue()))
                                    .isEqualTo(ids(row.get("ids_77"))));
        }
    }

    @BeforeContainer
    static void makeOlder() throws IOException {
        older = Files.createTempDirectory("clip");
        copyOlder(older);
    }

    @AfterContainer
    static void deleteOlder() throws IOException {
        for (String name : OLDER_FILES) {
            Files.deleteIfExists(older.resolve(name));
        }
        Files.deleteIfExists(older);
    }

    @Property(tries = 200)
    void bothFormsOfTheVocabularyAgreeOnAnyText(@ForAll @StringLength(max = 200) String text) throws Exception {
        try (ClipTokenizer whole = ClipTokenizer.open(SD15);
                ClipTokenizer parts = ClipTokenizer.open(older)) {
            long[] ids = whole.encode(text);
            assertThat(parts.encode(text)).isEqualTo(ids);
            assertThat(ids).hasSize(77).contains(whole.endId());
        }
    }

    @Test
    void namesWhatIsMissing() throws IOException {
        assertThatThrownBy(() -> ClipTokenizer.open(folder))
                .isInstanceOf(EngineException.BadModel.class)
                .hasMessageContaining("tokenizer_config.json is missing");
        Files.copy(SD15.resolve("tokenizer_config.json"), folder.resolve("tokenizer_config.json"));
        assertThatThrownBy(() -> ClipTokenizer.open(folder))
                .isInstanceOf(EngineException.BadModel.class)
                .hasMessageContaining("vocab.json is missing");
        Files.writeString(folder.resolve("tokenizer.json"), "{\"version\":\"1.0\"}");
        assertThatThrownBy(() -> ClipTokenizer.open(folder))
                .isInstanceOf(EngineException.BadModel.class)
                .hasMessageContaining("tokenizer.json");
    }

    private void olderFolder() throws IOException {
        copyOlder(folder);
    }

    private static void copyOlder(Path target) throws IOException {
        for (String name : OLDER_FILES) {
            Files.copy(SD15.resolve(name), target.resolve(name));
        }
    }

    private static long[] ids(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .flatMapToLong(id -> LongStream.of(id.longValue()))
                .toArray();
    }
}
