package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.List;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WeightedPromptTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "a cat                  | a cat@1",
                "a (red:1.3) cat        | a @1,red@1.3, cat@1",
                "a (red) cat            | a @1,red@1.1, cat@1",
                "((red))                | red@1.21",
                "(a (b:0.5) c)          | a @1.1,b@0.5, c@1.1",
                "(a (b) c:2)            | a @2,b@2.2, c@2",
                "((a:1.5):2)            | a@1.5",
                "a \\(b\\) c            | a (b) c@1",
                "(a \\(b\\):1.2)        | a (b)@1.2",
                "a (b                   | a (b@1",
                "a) b                   | a) b@1",
                "(a:b)                  | a:b@1.1",
                "(12:30)                | 12@30",
                "(size:3d)              | size:3d@1.1",
                "[a]                    | [a]@1",
                "(a:-0.5)               | a@-0.5",
                "()                     | ~~",
                "a (:1.2)               | a @1,:1.2@1.1",
            })
    void emphasisIsComfyUis(String prompt, String expected) {
        assertThat(shown(WeightedPrompt.parse(prompt))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "a BREAK b          | a @1 / b@1",
                "(a BREAK b:1.2)    | a @1.2 / b@1.2",
                "BREAK a BREAK      | a @1",
                "BREAKFAST a        | BREAKFAST a@1",
                "a break b          | a break b@1",
            })
    void breakBeginsANewPart(String prompt, String expected) {
        assertThat(shown(WeightedPrompt.parse(prompt)).strip().replaceAll(" +", " "))
                .isEqualTo(expected);
    }

    @Property
    void textWithoutParenthesesIsOneSpan(
            @ForAll @StringLength(max = 40) @CharRange(from = 'a', to = 'z') @Chars({' ', ',', ':', '.', '[', '\\'})
                    String text) {
        List<List<WeightedPrompt.Span>> parts = WeightedPrompt.parse(text).parts();
        assertThat(parts).hasSize(1);
        assertThat(parts.getFirst()).isEqualTo(text.isBlank() ? List.of() : List.of(new WeightedPrompt.Span(text, 1)));
    }

    @Property
    void everyTextIsAPromptAndNoLetterIsLost(
            @ForAll @StringLength(max = 60) @Chars({'(', ')', '\\', ':', '1', '.', 'a', 'b', ' '}) String text) {
        List<List<WeightedPrompt.Span>> parts = WeightedPrompt.parse(text).parts();
        assertThat(parts).isNotEmpty();
        String kept = parts.stream()
                .flatMap(List::stream)
                .map(WeightedPrompt.Span::text)
                .collect(Collectors.joining());
        assertThat(letters(kept)).isEqualTo(letters(text));
        parts.stream()
                .flatMap(List::stream)
                .forEach(span -> assertThat(span.weight()).isFinite());
    }

    private static String letters(String text) {
        return text.replaceAll("[^ab]", "");
    }

    private static String shown(WeightedPrompt prompt) {
        return prompt.parts().stream()
                .map(part -> part.stream().map(WeightedPromptTest::shown).collect(Collectors.joining(",")))
                .collect(Collectors.joining(" / "));
    }

    private static String shown(WeightedPrompt.Span span) {
        double rounded = Math.round(span.weight() * 1000) / 1000.0;
        return span.text() + "@"
                + new BigDecimal(String.valueOf(rounded)).stripTrailingZeros().toPlainString();
    }
}
