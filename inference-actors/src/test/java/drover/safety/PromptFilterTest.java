package drover.safety;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PromptFilterTest {
    private final PromptFilter filter = PromptFilter.standard();

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a nude child",
                "(child:1.3), [naked]",
                "Ｃｈｉｌｄ, ＮＳＦＷ",
                "chi\u200bld, n\u00fade",
                "little_girl, topless",
                "girl, 12 years old, naked",
                "girl, 12yo, naked",
                "a 9-year-old, nsfw",
                "aged 16 and naked",
                "(age: 14), nude",
                "naked <lora:child:1>",
                "TEENAGER PORN",
                "preteens\nwithout  clothes"
            })
    void bothTogetherAreForbidden(String prompt) {
        assertThat(filter.forbids(prompt)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "children playing football",
                "a nude, oil on canvas",
                "a woman of 25 years, nude",
                "a naked mole rat, 118 years old",
                "whisky, 12 years old",
                "a kidney and a nudelholz",
                "Sussex, a minority of sextants, teenth",
                "a portrait of a man ### child, nsfw, nude",
                "nude ### child"
            })
    void eitherAloneIsNot(String prompt) {
        assertThat(filter.forbids(prompt)).isFalse();
    }

    @Property
    void howItIsWrittenDoesNotMatter(
            @ForAll("underAge") String who, @ForAll("sexual") String what, @ForAll("dressings") List<String> dressing) {
        String prompt =
                dressing.getFirst().formatted(who) + ", " + dressing.getLast().formatted(what);

        assertThat(filter.forbids(prompt)).as(prompt).isTrue();
        assertThat(filter.forbids(prompt.toUpperCase(Locale.ROOT))).isTrue();
        assertThat(filter.forbids(dressing.getLast().formatted(what) + " and " + who))
                .isTrue();
        assertThat(filter.forbids(dressing.getFirst().formatted(who) + " on a horse"))
                .isFalse();
        assertThat(filter.forbids(dressing.getLast().formatted(what) + " on a horse"))
                .isFalse();
        assertThat(filter.mentions(prompt, List.of("x y z", what))).isTrue();
        assertThat(filter.mentions(prompt, List.of("x y z", ""))).isFalse();
    }

    @Provide
    Arbitrary<String> underAge() {
        return Arbitraries.of("child", "toddlers", "little girl", "under age", "infants", "7 years old", "15yo");
    }

    @Provide
    Arbitrary<String> sexual() {
        return Arbitraries.of("nude", "pornographic", "without clothes", "nsfw", "masturbating");
    }

    @Provide
    Arbitrary<List<String>> dressings() {
        return Arbitraries.of("%s", "(%s)", "((%s))", "(%s:1.25)", "[%s : 0.8]", "{%s}", "*%s*", "very-%s", "…%s!")
                .list()
                .ofSize(2);
    }

    @Property
    void anyTextIsRead(@ForAll @StringLength(max = 400) String prompt, @ForAll @StringLength(max = 20) String word) {
        assertThat(filter.forbids(prompt)).isIn(true, false);
        assertThat(filter.mentions(prompt, List.of(word))).isIn(true, false);
        assertThat(filter.forbids(prompt + " ### " + prompt)).isEqualTo(filter.forbids(prompt));
    }

    @Property
    void onlyAgesBelowEighteenCount(@ForAll @IntRange(min = 1, max = 130) int age) {
        assertThat(filter.forbids("nude woman, " + age + " years old")).isEqualTo(age < 18);
        assertThat(filter.forbids("nude, aged " + age)).isEqualTo(age < 18);
    }

    @Test
    void wordsMatchAsAWhole() {
        assertThat(filter.mentions("a Red Apple, on a table", List.of("red apple")))
                .isTrue();
        assertThat(filter.mentions("a red_apple", List.of("RED (apple:1.2)"))).isTrue();
        assertThat(filter.mentions("pineapples", List.of("apple"))).isFalse();
    }

    @Test
    void anOperatorsWordsComeOnTop() throws IOException {
        Path file = Files.writeString(folder.resolve("words"), "# ours\n[under-age]\nyounglin*\n\n[sexual]\nunclad\n");
        PromptFilter own = PromptFilter.with(file);

        assertThat(own.forbids("an unclad younglings")).isTrue();
        assertThat(own.forbids("an unclad child")).isTrue();
        assertThat(own.forbids("nude child")).isTrue();
        assertThat(filter.forbids("an unclad youngling")).isFalse();
    }

    @Test
    void aWrongFileIsRefusedWithTheLine() throws IOException {
        Path noHeading = Files.writeString(folder.resolve("a"), "\nword\n");
        Path wrongHeading = Files.writeString(folder.resolve("b"), "[sexual]\nx\n[other]\n");
        Path nothing = Files.writeString(folder.resolve("c"), "[sexual]\n***\n");

        assertThatThrownBy(() -> PromptFilter.with(noHeading)).hasMessageContaining("a, line 2: expected [under-age]");
        assertThatThrownBy(() -> PromptFilter.with(wrongHeading)).hasMessageContaining("b, line 3: there is no list");
        assertThatThrownBy(() -> PromptFilter.with(nothing)).hasMessageContaining("c, line 2");
        assertThatThrownBy(() -> PromptFilter.with(folder.resolve("d"))).isInstanceOf(IOException.class);
    }
}
