package drover.job;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostPathsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/home/joe/loras/ink.safetensors: unet has [4, 4] | ink.safetensors: unet has [4, 4]",
                "there is no file /srv/m/sd15/unet/config.json | there is no file config.json",
                "/srv/ink.safetensors has no a/b or c/d | ink.safetensors has no a/b or c/d",
                "/home/joe smith/my models/x.safetensors is cut | x.safetensors is cut",
                "java.nio.file.NoSuchFileException: /var/lib/a/0.png | java.nio.file.NoSuchFileException: 0.png",
                "NoSuchFileException:/var/lib/a/0.png | NoSuchFileException:0.png",
                "see file:///home/joe/x.json (and </home/joe/.cache/y>) | see x.json (and <y>)",
                "C:\\Users\\joe\\x.safetensors is cut | x.safetensors is cut",
                "the upload to https://store.example/a/b?sig=1 failed | the upload to https://store.example/a/b?sig=1 failed",
                "3/4 of image/png by aihorde.net/api/v2 on localhost:7860/v1 | 3/4 of image/png by aihorde.net/api/v2 on localhost:7860/v1",
                "1 / 2 and /models | 1 / 2 and /models",
            })
    void onlyTheNamesOfFilesAreTold(String said, String told) {
        assertThat(HostPaths.hidden(said)).isEqualTo(told);
    }

    @Test
    void aPathMayHaveAnyNumberOfFolders() {
        String path = "/a".repeat(100_000);
        assertThat(HostPaths.hidden(path)).endsWith("a").hasSizeLessThan(path.length());
    }

    @Property
    void noFolderOfAPathIsLeft(@ForAll("texts") String before, @ForAll("texts") String after) {
        String said = before + " /secret-root/secret-folder/name.bin " + after;
        assertThat(HostPaths.hidden(said)).contains("name.bin").doesNotContain("secret-");
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.of("a", ".", " ", "/", ":", "(", "\\", "x.y", "[1, 2]", "file:", "~")
                .list()
                .ofMaxSize(8)
                .map(parts -> String.join("", parts));
    }
}
