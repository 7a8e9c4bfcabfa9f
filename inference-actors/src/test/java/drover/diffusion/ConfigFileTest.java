package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import drover.inference.EngineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigFileTest {
    @TempDir
    Path folder;

    @Test
    void readsEveryKindOfValue() throws Exception {
        ConfigFile config = config(
                "{\"i\":7,\"d\":0.5,\"s\":\"x\",\"b\":true,\"n\":null,\"l\":[1,2],\"t\":[\"a\"],\"o\":{\"i\":8}}");
        assertThat(config.integer("i")).isEqualTo(7);
        assertThat(config.integer("n", 3)).isEqualTo(3);
        assertThat(config.number("d")).isEqualTo(0.5);
        assertThat(config.number("i")).isEqualTo(7);
        assertThat(config.text("s")).isEqualTo("x");
        assertThat(config.flag("b", false)).isTrue();
        assertThat(config.flag("absent", true)).isTrue();
        assertThat(config.integers("l")).containsExactly(1, 2);
        assertThat(config.integers("i")).containsExactly(7);
        assertThat(config.texts("t")).containsExactly("a");
        assertThat(config.object("o").integer("i")).isEqualTo(8);
        assertThat(config.has("n")).isFalse();
        assertThat(config.keys()).startsWith("i", "d").hasSize(8);
    }

    @Test
    void saysWhereWhatAndWhatInstead() throws Exception {
        ConfigFile config = config("{\"s\":\"x\",\"big\":3000000000,\"half\":1.5,\"o\":{}}");
        assertBad(() -> config.integer("s"), "config.json: s is \"x\"; expected a whole number");
        assertBad(() -> config.integer("big"), "big is 3000000000; expected a whole number");
        assertBad(() -> config.integer("half"), "half is 1.5; expected a whole number");
        assertBad(() -> config.integer("gone"), "gone is missing; expected a whole number");
        assertBad(() -> config.number("s"), "expected a number");
        assertBad(() -> config.text("half"), "half is 1.5; expected a string");
        assertBad(() -> config.flag("s", true), "expected true or false");
        assertBad(() -> config.integers("s"), "expected a list of whole numbers");
        assertBad(() -> config.object("s"), "should hold a JSON object, but holds string");
        assertBad(() -> config.object("o").text("t"), "config.json, key o: t is missing");
    }

    @Test
    void refusesUnsupportedValuesByName() throws Exception {
        ConfigFile config = config("{\"n\":null,\"zero\":0,\"no\":false,\"s\":\"silu\"}");
        config.supportsOnly("absent", 7);
        config.supportsOnly("n", 7);
        config.supportsOnly("zero", 0.0);
        config.supportsOnly("no", false);
        config.supportsOnly("s", "silu");
        assertThatThrownBy(() -> config.supportsOnly("zero", 1))
                .isInstanceOf(EngineException.Unsupported.class)
                .hasMessageContaining("zero is 0; only 1 is supported");
        assertThatThrownBy(() -> config.supportsOnly("zero", false)).isInstanceOf(EngineException.Unsupported.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "7", "{\"a\":1,\"a\":2}", "{} {}", "{\"a\":NaN}", "\u0000"})
    void refusesWhatIsNotOneGoodObject(String json) {
        assertBad(() -> config(json), "config.json");
    }

    @Test
    void saysThatAFileIsMissing() {
        assertBad(() -> ConfigFile.read(folder.resolve("gone.json")), "gone.json is missing");
    }

    private static void assertBad(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(EngineException.BadModel.class).hasMessageContaining(message);
    }

    private ConfigFile config(String json) throws EngineException, IOException {
        Path file = folder.resolve("config.json");
        Files.writeString(file, json);
        return ConfigFile.read(file);
    }
}
