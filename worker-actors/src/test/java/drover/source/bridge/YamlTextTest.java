package drover.source.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever is in the file, it is read as text or refused with the line. */
final class YamlTextTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a: [1          | is not YAML",
                "a: 'open       | is not YAML",
                "a: b: c        | is not YAML",
                "- a            | is not a list of key: value lines",
                "word           | is not a list of key: value lines",
                "a: 1\\n---\\nb: 2 | begins a second document",
                "a: 1\\nb: 2\\na: 3 | sets a again, after f:1",
                "? [a, b]\\n: c  | has a key that is not a word",
                "a: &x [*x]     | refers to itself",
                "a: *nothing    | is not YAML",
            })
    void whatIsNotASettingsFileIsRefused(String text, String expected) {
        assertThatThrownBy(() -> YamlText.read(text.replace("\\n", "\n"), "f"))
                .isInstanceOf(UnreadableFileException.class)
                .hasMessageContaining(expected)
                .hasMessageStartingWith("f:");
    }

    @Test
    void aMistakeHasItsLine() {
        assertThatThrownBy(() -> YamlText.read("a: 1\nb: 2\n  c: 3\n", "f")).hasMessageStartingWith("f:3: is not YAML");
    }

    @Test
    void depthAndAliasesAndLengthAreLimited() {
        String deep = "a: " + "[".repeat(100_000);
        String aliases = "a: &a [x]\nb: [" + String.join(", ", java.util.Collections.nCopies(21, "*a")) + "]";
        String bomb = "a0: &a0 [x, x]\n"
                + IntStream.range(1, 30)
                        .mapToObj(i -> "a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1))
                        .collect(Collectors.joining());
        for (String text : List.of(deep, aliases, bomb)) {
            assertThatThrownBy(() -> YamlText.read(text, "f")).hasMessageContaining("goes beyond");
        }
        assertThatThrownBy(() -> YamlText.read("#".repeat(YamlText.MAX_LENGTH + 1), "f"))
                .hasMessageContaining("is longer than");
    }

    @Test
    void noTagMakesAnObject() throws UnreadableFileException {
        List<BridgeEntry> entries = YamlText.read("a: !!javax.script.ScriptEngineManager [x]\nb: !!int seven\n", "f");

        assertThat(entries)
                .containsExactly(
                        new BridgeEntry("a", "f:1", new BridgeValue.Items(List.of(new BridgeValue.Text("x")))),
                        new BridgeEntry("b", "f:2", new BridgeValue.Text("seven")));
    }

    @Test
    void aByteOrderMarkIsPassedOver() throws IOException {
        Path file = Files.writeString(folder.resolve("bridgeData.yaml"), "\uFEFFmax_power: 9\n");

        assertThat(new BridgeReader(Map.of())
                        .read(file)
                        .data()
                        .orElseThrow()
                        .capacity()
                        .maxPower())
                .isEqualTo(9);
    }

    @Test
    void whatIsNotUtf8IsRefused() throws IOException {
        Path file = Files.write(folder.resolve("bridgeData.yaml"), new byte[] {'a', ':', ' ', (byte) 0xe4, '\n'});

        assertThat(new BridgeReader(Map.of()).read(file).problems().getFirst().toString())
                .endsWith("is not UTF-8 text; save it as UTF-8");
    }

    @Property
    void anyTextIsReadOrRefused(
            @ForAll
                    @StringLength(max = 200)
                    @CharRange(from = ' ', to = '~')
                    @CharRange(from = '\n', to = '\n')
                    @CharRange(from = '\t', to = '\t')
                    @CharRange(from = '\u0000', to = '\u0003')
                    String text) {
        try {
            assertThat(YamlText.read(text, "f")).isNotNull();
        } catch (UnreadableFileException e) {
            assertThat(e.problem().where()).startsWith("f");
        }
    }
}
