package drover.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code drover horde check} says before the start what would go wrong. */
final class HordeCommandTest {
    private static final String KEY = "abcdefghijklmnopqrstuv";
    private static final String GOOD = """
            api_key: %s
            dreamer_name: My Worker
            models_to_load:
              - Deliberate
            """.formatted(KEY);

    @TempDir
    Path home;

    private TestCli cli;

    @BeforeEach
    void anInstallation() throws IOException {
        Files.createDirectories(home.resolve("models"));
        Files.createDirectories(home.resolve("checker"));
        Files.createDirectories(home.resolve("conf"));
        Files.writeString(home.resolve("reference.json"), """
                {"Deliberate": {"baseline": "stable diffusion 1", "size_on_disk_bytes": 2147483648},
                 "SDXL 1.0": {"baseline": "stable_diffusion_xl", "size_on_disk_bytes": 6442450944},
                 "Huge": {"baseline": "stable_diffusion_xl", "size_on_disk_bytes": 4611686018427387904}}""");
        Files.writeString(home.resolve("conf/drover.conf"), """
                drover {
                  engine = fault, fault.models = [Deliberate], safety.model = checker
                  horde.model-reference = "reference.json"
                }
                """);
        cli = new TestCli(home, Map.of());
    }

    private int check(String bridgeData) throws IOException {
        Files.writeString(home.resolve("conf/bridgeData.yaml"), bridgeData);
        return cli.run("horde", "check", "--offline");
    }

    @Test
    void aWorkerWhosePicturesNobodyLooksAtFails() throws IOException {
        Files.delete(home.resolve("checker"));
        assertThat(check(GOOD)).isEqualTo(1);
        assertThat(cli.out()).contains("FAILURE  drover.safety.model is", "which is no folder");

        Files.writeString(home.resolve("conf/drover.conf"), """
                drover { engine = fault, fault.models = [Deliberate], horde.model-reference = "reference.json" }
                """);
        assertThat(check(GOOD)).isEqualTo(1);
        assertThat(cli.out()).contains("FAILURE  nobody looks at pictures");
    }

    @Test
    void aGoodFileIsShownAndPasses() throws IOException {
        assertThat(check(GOOD)).isZero();

        assertThat(cli.err()).isEmpty();
        assertThat(cli.out())
                .contains(home.resolve("conf/bridgeData.yaml").toString())
                .containsPattern("api_key +\\(secret\\) +.*bridgeData.yaml:1")
                .containsPattern("max_power +8 +default")
                .containsPattern("Deliberate +Deliberate")
                .contains("ok       there is an API key")
                .contains("ok       the worker is called My Worker")
                .contains("ok       on disk and offered: Deliberate")
                .doesNotContain(KEY, "FAILURE", "warning  ");
    }

    @Test
    void aFreshTemplateSaysWhatHasToBeDone() throws IOException {
        assertThat(check(Files.readString(Path.of("..", "conf", "bridgeData.yaml"))))
                .isEqualTo(1);

        assertThat(cli.out())
                .contains("FAILURE  api_key is the anonymous key, with which nobody may run a worker")
                .contains("FAILURE  dreamer_name is still \"An Awesome Dreamer\"")
                .contains("warning  models_to_load: top 2: is resolved once the Horde has been asked");
    }

    @Test
    void mistakesHaveTheirLine() throws IOException {
        assertThat(check(GOOD + "max_power: 1000\nalow_lora: true\n")).isEqualTo(1);

        assertThat(cli.out())
                .contains(
                        "bridgeData.yaml:5: max_power = 1000; expected a whole number from 1 to 512; leave it out for 8")
                .contains("bridgeData.yaml:6: alow_lora is not a known key; did you mean allow_lora?");
    }

    @Test
    void whatHasNoEffectIsListed() throws IOException {
        assertThat(check(GOOD + "dynamic_models: false\ncache_home: ./models\n"))
                .isZero();

        assertThat(cli.out())
                .contains("bridgeData.yaml:5: dynamic_models has no effect because the existing worker does not use it")
                .contains("bridgeData.yaml:6: cache_home has no effect because Drover looks for models in");
    }

    @Test
    void missingModelsAndTheirSpaceAreSaid() throws IOException {
        assertThat(check(GOOD.replace("- Deliberate", "- ALL SDXL\n  - delibrate")))
                .isEqualTo(1);

        assertThat(cli.out())
                .containsPattern("ALL SDXL +SDXL 1.0, Huge")
                .contains("warning  models_to_load: delibrate: is not in the model reference; did you mean Deliberate?")
                .contains("FAILURE  none of the models in models_to_load is on disk")
                .contains("warning  not on disk and so not offered: SDXL 1.0, Huge")
                .containsPattern("warning  the missing models take 42949\\d+\\.\\d GiB, but only .* GiB are free");
    }

    private void configure(String more) throws IOException {
        Files.writeString(home.resolve("conf/drover.conf"), """
                drover {
                  engine = fault, fault.models = [Deliberate, mine], safety.model = checker
                  horde.model-reference = "reference.json"
                  %s
                }
                """.formatted(more));
    }

    @Test
    void whatIsMissingForPostProcessingAndWhatFollowsIsSaid() throws IOException {
        String allowed = GOOD + "allow_post_processing: true\n";
        assertThat(check(allowed)).isZero();
        assertThat(cli.out())
                .contains(
                        "warning  allow_post_processing is on, but no such job is taken: there is no post-processor in "
                                + home.resolve("models/upscalers"));

        Path folder = Files.createDirectories(home.resolve("models/upscalers"));
        Files.copy(
                Path.of("..", "inference-actors", "src", "test", "resources", "fixtures", "upscaler", "x4")
                        .resolve("model.safetensors"),
                folder.resolve("RealESRGAN_x4plus.safetensors"));
        assertThat(check(allowed)).isZero();
        assertThat(cli.out())
                .containsPattern("warning  allow_post_processing is on, but .* GFPGAN.* are not here"
                        + " \\(there are RealESRGAN_x4plus\\); drover.horde.post-processing = some offers these");

        configure("horde.post-processing = some");
        assertThat(check(allowed)).isZero();
        assertThat(cli.out())
                .contains("ok       post-processing is offered: RealESRGAN_x4plus")
                .contains("pictures of up to 971x971 are enlarged four times")
                .containsPattern("warning  jobs that ask for .*strip_background are faulted at once; the public Horde");

        configure("horde.post-processing = off");
        assertThat(check(allowed)).isZero();
        assertThat(cli.out()).contains("no such job is taken: drover.horde.post-processing is off");
    }

    @Test
    void whatIsMissingForControlNetAndWhatFollowsIsSaid() throws IOException {
        String allowed = GOOD + "allow_controlnet: true\n";
        assertThat(check(allowed)).isZero();
        assertThat(cli.out())
                .contains("warning  allow_controlnet is on, but no such job is taken: there is no ControlNet");

        Path folder = Files.createDirectories(home.resolve("models/controlnets"));
        Files.createFile(folder.resolve("control_v11p_sd15_canny.safetensors"));
        assertThat(check(allowed)).isZero();
        assertThat(cli.out())
                .contains(
                        "depth, normal, openpose, seg, scribble, fakescribbles, hough cannot be made of plain pictures")
                .contains("drover.horde.controlnet = some offers canny all the same");

        configure("horde.controlnet = some");
        assertThat(check(allowed)).isZero();
        assertThat(cli.out()).contains("ok       ControlNet is offered for Stable Diffusion 1: canny");
    }

    @Test
    void customModelsAreLookedForWhereTheyAreSaidToBe() throws IOException {
        configure("");
        String custom = GOOD + """
                custom_models:
                  - {name: My Own, baseline: stable_diffusion_1, filepath: elsewhere/mine.safetensors}
                """;
        assertThat(check(custom)).isZero();
        assertThat(cli.out())
                .contains("warning  custom_models: My Own: there is no " + home.resolve("elsewhere/mine.safetensors"))
                .contains("warning  not on disk and so not offered: My Own");
        Files.createFile(Files.createDirectories(home.resolve("elsewhere")).resolve("mine.safetensors"));
        assertThat(check(custom)).isEqualTo(1);
        assertThat(cli.out())
                .contains("ok       on disk and offered: Deliberate, My Own")
                .contains("FAILURE  custom_models: My Own: " + home.resolve("elsewhere/mine.safetensors")
                        + " is called like " + home);
    }

    @Test
    void withoutAReferenceItSaysSo() throws IOException {
        Files.delete(home.resolve("reference.json"));

        assertThat(check(GOOD)).isZero();
        assertThat(cli.out()).contains("warning  the model reference " + home.resolve("reference.json"));
    }

    @Test
    void severalFilesAreSeveralWorkersWithNamesOfTheirOwn() throws IOException {
        Path one = Files.writeString(home.resolve("one.yaml"), GOOD);
        Path two = Files.writeString(home.resolve("two.yaml"), GOOD);
        Path three = Files.writeString(home.resolve("three.yaml"), GOOD.replace("My Worker", "My Other Worker"));

        assertThat(cli.run(
                        "horde",
                        "check",
                        "--offline",
                        "--bridge-data",
                        one.toString(),
                        "--bridge-data",
                        three.toString()))
                .isZero();
        assertThat(cli.run(
                        "horde",
                        "check",
                        "--offline",
                        "--bridge-data",
                        one.toString(),
                        "--bridge-data",
                        two.toString()))
                .isEqualTo(1);
        assertThat(cli.out()).contains("FAILURE  another file has the same dreamer_name");
    }

    @Test
    void aFileThatIsNotThereIsSaid() {
        assertThat(cli.run("horde", "check", "--offline")).isEqualTo(1);
        assertThat(cli.out()).contains("FAILURE  ").contains("bridgeData.yaml: is not there");
    }

    @Test
    void anAddressThatIsNoneIsAMistakeInTheConfiguration() throws IOException {
        Files.writeString(home.resolve("conf/drover.conf"), "drover.horde.model-reference = \"ftp://example.com/a\"");

        assertThat(cli.run("horde", "check", "--offline")).isEqualTo(2);
        assertThat(cli.err()).contains("expected auto or a path, or an address with http:// or https://");
    }
}
