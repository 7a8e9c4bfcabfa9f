package drover.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The launcher script in an installation of its own, with JDKs that only look like it. */
final class LauncherTest {
    private static final Path SCRIPT = Path.of("..", "drover");

    @TempDir
    Path temp;

    private Path home;
    private Path bin;

    /** What came of a run. */
    private record Ended(int code, String out, String err) {}

    @BeforeEach
    void installation() throws IOException {
        home = Files.createDirectories(temp.resolve("my drover"));
        Files.copy(SCRIPT, home.resolve("drover"), StandardCopyOption.COPY_ATTRIBUTES);
        Files.createDirectories(home.resolve("worker-actors/target/lib"));
        Files.createFile(home.resolve("worker-actors/target/drover.jar"));
        bin = Files.createDirectories(temp.resolve("bin"));
        for (String tool : List.of(
                "bash",
                "dirname",
                "readlink",
                "find",
                "flock",
                "mkdir",
                "touch",
                "rm",
                "sleep",
                "grep",
                "tail",
                "head",
                "mv",
                "stty",
                "cut")) {
            Path real = Path.of("/usr/bin", tool);
            if (Files.exists(real)) {
                Files.createSymbolicLink(bin.resolve(tool), real);
            }
        }
    }

    @Test
    void theConfiguredJdkIsUsedFromAnyFolderAndThroughALink() throws Exception {
        Path jdk = jdk("my jdk", "25.0.1");
        Path link = Files.createSymbolicLink(temp.resolve("link to drover"), home.resolve("drover"));

        Ended ended = run(link, jdk.toString(), "generate", "a red apple");

        assertThat(ended.code()).as(ended.err()).isZero();
        assertThat(ended.out().lines().toList())
                .contains(
                        "home=" + home.toRealPath(),
                        "-cp",
                        home.toRealPath() + "/worker-actors/target/drover.jar",
                        "drover.cli.Main",
                        "a red apple");
        assertThat(ended.err()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"17.0.15", "24", "1.8.0_402"})
    void anOldJdkInTheWayIsPassedOver(String old) throws Exception {
        Path oldJdk = jdk("old", old);
        jdk("jvm/newer", "27");
        Path wanted = jdk("jvm/wanted", "25.0.3");
        Files.createSymbolicLink(bin.resolve("java"), oldJdk.resolve("bin/java"));

        Ended ended = run(home.resolve("drover"), oldJdk.toString(), "status");

        assertThat(ended.code()).as(ended.err()).isZero();
        assertThat(ended.out()).contains("java=" + wanted);
    }

    @Test
    void withoutAJdkThereIsOneSentence() throws Exception {
        jdk("jvm/old", "21.0.2");
        Path runtimeOnly = jdk("jvm/runtime", "25");
        Files.delete(runtimeOnly.resolve("bin/javac"));

        Ended ended = run(home.resolve("drover"), "", "generate", "x");

        assertThat(ended.code()).isEqualTo(1);
        assertThat(ended.out()).isEmpty();
        assertThat(ended.err().strip())
                .startsWith("drover: needs a JDK 25 or newer and found none")
                .hasLineCount(1);
    }

    @Test
    void withoutMavenThereIsOneSentence() throws Exception {
        Files.delete(home.resolve("worker-actors/target/drover.jar"));

        Ended ended = run(home.resolve("drover"), jdk("jdk", "25").toString(), "status");

        assertThat(ended.code()).isEqualTo(1);
        assertThat(ended.err().strip())
                .startsWith("drover: Drover has to be built first, and Maven is not there")
                .hasLineCount(1);
    }

    @Test
    void whatIsNotBuiltIsBuiltOnceWithTheJdkThatWasFound() throws Exception {
        Path jdk = jdk("jdk", "25");
        Files.delete(home.resolve("worker-actors/target/drover.jar"));
        Files.writeString(home.resolve("pom.xml"), "<project/>");
        program(bin.resolve("mvn"), """
                #!/bin/bash
                echo "$JAVA_HOME" >>"$PWD/maven-ran"
                touch worker-actors/target/drover.jar
                """);

        Ended first = run(home.resolve("drover"), jdk.toString(), "status");
        Ended second = run(home.resolve("drover"), jdk.toString(), "status");

        assertThat(first.code()).as(first.err()).isZero();
        assertThat(first.err()).contains("Building Drover");
        assertThat(second.err()).isEmpty();
        assertThat(home.resolve("maven-ran")).hasContent(jdk.toString());
    }

    @Test
    void aFailedBuildShowsItsErrors() throws Exception {
        Files.delete(home.resolve("worker-actors/target/drover.jar"));
        program(bin.resolve("mvn"), """
                #!/bin/bash
                echo "[ERROR] no such dependency"
                exit 1
                """);

        Ended ended = run(home.resolve("drover"), jdk("jdk", "25").toString(), "status");

        assertThat(ended.code()).isEqualTo(1);
        assertThat(ended.err()).contains("[ERROR] no such dependency").contains("the build failed");
    }

    /** Runs the script with only our tools on the path and only our folders searched for JDKs. */
    private Ended run(Path script, String javaHome, String... arguments) throws Exception {
        // Reading the script for its functions instead of running it lets the search be confined to this folder.
        String body = """
                source "$1"; jvms=$2; shift 2
                jvm_folders() { printf '%s\\n' "$jvms"/*; }
                main "$@"
                """;
        ProcessBuilder builder = new ProcessBuilder("/usr/bin/bash", "-c", body, "bash", script.toString());
        builder.command().add(temp.resolve("jvm").toString());
        builder.command().addAll(List.of(arguments));
        builder.directory(temp.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", bin.toString());
        builder.environment().put("HOME", temp.toString());
        if (!javaHome.isEmpty()) {
            builder.environment().put("JAVA_HOME", javaHome);
        }
        Path out = temp.resolve("out");
        Path err = temp.resolve("err");
        Process process =
                builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        process.getOutputStream().close();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    private Path jdk(String name, String version) throws IOException {
        Path jdk = Files.createDirectories(temp.resolve(name));
        Files.createDirectories(jdk.resolve("bin"));
        Files.writeString(jdk.resolve("release"), "IMPLEMENTOR=\"X\"\nJAVA_VERSION=\"" + version + "\"\n");
        program(jdk.resolve("bin/java"), """
                #!/bin/bash
                echo "java=%s"
                echo "home=$DROVER_HOME"
                printf '%%s\\n' "$@"
                """.formatted(jdk));
        program(jdk.resolve("bin/javac"), "#!/bin/bash\n");
        return jdk;
    }

    private static void program(Path file, String text) throws IOException {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
