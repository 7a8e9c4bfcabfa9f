package drover.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelsCommandTest {
    private static final Path FIXTURES = Path.of("..", "inference-actors", "src", "test", "resources", "fixtures")
            .toAbsolutePath();
    private static final Path UNET = Path.of("unet", "diffusion_pytorch_model.safetensors");

    @TempDir
    Path home;

    private Path models;

    @BeforeEach
    void folder() throws IOException {
        models = Files.createDirectory(home.resolve("models"));
    }

    /** What a command said and how it ended. */
    private record Ran(int code, String out, String err) {}

    private Ran run(String... arguments) {
        TestCli cli = new TestCli(home, Map.of());
        int code = cli.run(arguments);
        return new Ran(code, cli.out(), cli.err());
    }

    private Path copy(Path source, Path target) throws IOException {
        try (Stream<Path> files = Files.walk(source)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (!file.toString().contains("goldens")) {
                    Path to = target.resolve(source.relativize(file).toString());
                    Files.createDirectories(to.getParent());
                    Files.copy(file, to);
                }
            }
        }
        return target;
    }

    /** A single file with the settings of its tiny size beside it. */
    private Path file(Path folder) throws IOException {
        Path file = Files.copy(
                FIXTURES.resolve("single-file").resolve("sd15-fp16.safetensors"),
                Files.createDirectories(folder).resolve("photo.safetensors"));
        for (String part : List.of("unet", "vae", "text_encoder")) {
            Path settings = Files.createDirectories(folder.resolve("photo").resolve(part));
            Files.copy(FIXTURES.resolve("sd15").resolve(part).resolve("config.json"), settings.resolve("config.json"));
        }
        copy(
                FIXTURES.resolve("sd15").resolve("tokenizer"),
                folder.resolve("photo").resolve("tokenizer"));
        return file;
    }

    private JsonNode listed(String name) throws IOException {
        Ran ran = run("models", "list", "--json");
        assertThat(ran.code()).isZero();
        for (JsonNode model : new JsonMapper().readTree(ran.out()).path("models")) {
            if (model.path("name").textValue().equals(name)) {
                return model;
            }
        }
        throw new AssertionError("no model " + name + " in " + ran.out());
    }

    @Test
    void theListSaysWhatEachIsAndCosts() throws Exception {
        copy(FIXTURES.resolve("sd15"), models.resolve("tiny"));
        Files.writeString(models.resolve("old.ckpt"), "x");
        Ran ran = run("models", "list");
        assertThat(ran.code()).isZero();
        assertThat(ran.out().lines().toList()).hasSize(3);
        assertThat(ran.out())
                .containsPattern("MODEL +KIND +PREDICTS +SIZE +TYPE +ON DISK +WEIGHTS +PEAK +SHA-256 +PATH")
                .containsPattern(
                        "tiny +Stable Diffusion 1 +epsilon +64x64 +F32 +\\d\\.\\d MiB +\\d\\.\\d MiB / \\d\\.\\d MiB +.* - +/");

        JsonNode tiny = listed("tiny");
        assertThat(tiny.path("float16").path("weights").longValue())
                .isLessThan(tiny.path("float32").path("weights").longValue());
        assertThat(tiny.path("sha256").isTextual()).isFalse();
        assertThat(run("models", "list", "--hash").out()).doesNotContainPattern("tiny .* - +/");
        assertThat(listed("tiny").path("sha256").textValue()).matches("[0-9a-f]{64}");
        assertThat(run("models", "list", "--json").out()).contains("old.ckpt is a pickle");
    }

    @Test
    void aGoodModelIsGoodAndADamagedOneIsNot() throws Exception {
        Path tiny = copy(FIXTURES.resolve("sd15"), models.resolve("tiny"));
        Ran good = run("models", "check");
        assertThat(good.out()).contains("tiny: good").contains("emoji-diffusion: good");
        assertThat(good.code()).isZero();

        Path unet = tiny.resolve(UNET);
        byte[] bytes = Files.readAllBytes(unet);
        FileTime time = Files.getLastModifiedTime(unet);
        bytes[bytes.length - 1] ^= 1;
        Files.write(unet, bytes);
        Files.setLastModifiedTime(unet, time);
        Ran damaged = run("models", "check", "tiny");
        assertThat(damaged.code()).isEqualTo(1);
        assertThat(damaged.out())
                .hasLineCount(1)
                .contains(unet + " was damaged on the disk: its size and time are as they were, but its SHA-256 is");

        Files.write(unet, new byte[] {1, 2, 3});
        assertThat(run("models", "check", "tiny")).satisfies(ran -> {
            assertThat(ran.code()).isEqualTo(1);
            assertThat(ran.out()).hasLineCount(1).contains("has 3 bytes, of which the header's length alone takes 8");
        });
        assertThat(run("models", "check", "nothing").code()).isEqualTo(2);
    }

    @Test
    void aDeclaredHashIsCompared() throws Exception {
        copy(FIXTURES.resolve("sd15"), models.resolve("tiny"));
        Files.createDirectories(home.resolve("conf"));
        Files.writeString(home.resolve("conf").resolve("models.yaml"), "tiny: {sha256: \"" + "0".repeat(64) + "\"}\n");
        Ran ran = run("models", "check", "tiny");
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.out()).contains("but is declared with " + "0".repeat(64)).hasLineCount(1);
    }

    @Test
    void aFileIsCheckedCopiedAndNoted() throws Exception {
        Path file = file(home.resolve("downloads"));
        Ran ran = run("models", "add", file.toString(), "--name", "My Photos");
        assertThat(ran.err()).isEmpty();
        assertThat(ran.code()).isZero();
        assertThat(ran.out()).contains("added My Photos: Stable Diffusion 1, ");
        assertThat(models.resolve("My Photos.safetensors")).hasSameBinaryContentAs(file);
        assertThat(Files.readString(home.resolve("conf").resolve("models.yaml")))
                .containsPattern("My Photos:\\n  sha256: [0-9a-f]{64}\\n");
        assertThat(listed("My Photos").path("sha256").textValue()).hasSize(64);
        assertThat(run("models", "check").code()).isZero();
        try (Stream<Path> left = Files.list(models)) {
            assertThat(left.map(it -> it.getFileName().toString()))
                    .containsExactlyInAnyOrder("My Photos.safetensors", "My Photos");
        }

        Ran again = run("models", "add", file.toString(), "--name", "my photos");
        assertThat(again.code()).isEqualTo(1);
        assertThat(again.err()).contains("there is a model my photos already, in " + models);
    }

    @Test
    void aLinkTakesNoRoom() throws Exception {
        Path source = copy(FIXTURES.resolve("sd15"), home.resolve("elsewhere").resolve("tiny"));
        assertThat(run("models", "add", source.toString(), "--link").code()).isZero();
        assertThat(models.resolve("tiny")).isSymbolicLink();
        assertThat(listed("tiny").path("architecture").textValue()).isEqualTo("Stable Diffusion 1");

        Path file = file(home.resolve("downloads"));
        assertThat(run("models", "add", file.toString(), "--link").code()).isZero();
        assertThat(Files.isSameFile(models.resolve("photo.safetensors"), file)).isTrue();
    }

    @Test
    void whatIsWrongIsNotAdded() throws Exception {
        Path old = Files.writeString(home.resolve("old.ckpt"), "x");
        Ran pickle = run("models", "add", old.toString());
        assertThat(pickle.code()).isEqualTo(1);
        assertThat(pickle.err()).hasLineCount(1).contains("is a pickle").contains("convert it to safetensors");

        Path tiny = copy(FIXTURES.resolve("sd15"), home.resolve("tiny"));
        Files.delete(tiny.resolve(UNET));
        Ran cut = run("models", "add", tiny.toString());
        assertThat(cut.code()).isEqualTo(1);
        assertThat(cut.err()).contains("holds no weights");
        assertThat(run("models", "add", tiny.toString(), "--name", "../x").code())
                .isEqualTo(2);
        assertThat(run("models", "add", tiny.toString(), "--link", "--copy").code())
                .isEqualTo(2);
        try (Stream<Path> left = Files.list(models)) {
            assertThat(left).isEmpty();
        }
        assertThat(home.resolve("conf").resolve("models.yaml")).doesNotExist();
    }
}
