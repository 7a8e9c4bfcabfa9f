package drover.control;

import static org.assertj.core.api.Assertions.assertThat;

import drover.config.ConfigLoader;
import drover.config.DroverConfig;
import drover.http.ModelDefaults;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstalledModelsTest {
    private static final Path TINY = Path.of("..", "inference-actors", "src", "test", "resources", "fixtures", "sd15");

    @TempDir
    Path home;

    @Test
    void modelsThatHaveComeOrChangedAreOfferedAfterAnotherLook() throws Exception {
        DroverConfig config = new ConfigLoader(home, Map.of("HOME", home.toString()))
                .loadWithOrigins(Optional.empty())
                .config();
        InstalledModels models = InstalledModels.of(config);
        assertThat(models.names()).containsExactly("emoji-diffusion");

        for (String name : new String[] {"one", "two"}) {
            copy(home.resolve("models").resolve(name));
        }
        Files.createDirectories(home.resolve("conf"));
        Files.writeString(home.resolve("conf").resolve("models.yaml"), "one: {clip_skip: 2}\n");
        assertThat(models.byName("one")).isEmpty();
        models.lookAgain();
        assertThat(models.names()).containsExactly("emoji-diffusion", "one", "two");
        assertThat(models.byName("ONE").map(ModelDefaults.Defaults::clipSkip)).contains(2);
        assertThat(models.byName("two").map(ModelDefaults.Defaults::clipSkip)).contains(1);
        assertThat(models.defaultModel().map(ModelDefaults.Defaults::model)).contains("emoji-diffusion");
    }

    private static void copy(Path target) throws Exception {
        try (Stream<Path> files = Files.walk(TINY)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path relative = TINY.relativize(file);
                if (!relative.startsWith("goldens")) {
                    Path to = target.resolve(relative);
                    Files.createDirectories(to.getParent());
                    Files.copy(file, to);
                }
            }
        }
    }
}
