package drover.process;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The command line of a program of this installation, for a JVM of its own that is like this one: with its Java, its class
 * path, and {@link #FLAGS}.
 *
 * @param options of the JVM, besides those
 * @param main the name of the class whose {@code main} runs
 * @param arguments what it gets
 */
public record JavaCommand(List<String> options, String main, List<String> arguments) {
    /** What every JVM of this installation is told; the launcher script and the build tell theirs the same. */
    public static final List<String> FLAGS = List.of(
            // Without these two the JVM warns of what Pekko and DJL do.
            "--sun-misc-unsafe-memory-access=allow",
            "--enable-native-access=ALL-UNNAMED",
            // DJL is not to reach for the network.
            "-Dai.djl.offline=true");

    public JavaCommand {
        options = List.copyOf(options);
        arguments = List.copyOf(arguments);
    }

    /** A class with a {@code main}. */
    public static JavaCommand of(Class<?> main, String... arguments) {
        return new JavaCommand(List.of(), main.getName(), List.of(arguments));
    }

    /** {@code drover}, with these words after it. */
    public static JavaCommand drover(List<String> words) {
        return new JavaCommand(List.of(), "drover.cli.Main", words);
    }

    /** {@code drover}, with these words after it. */
    public static JavaCommand drover(String... words) {
        return drover(List.of(words));
    }

    /**
     * The same with a heap of at most this size.
     *
     * @param size as {@code -Xmx} takes it, such as {@code 256m}
     */
    public JavaCommand withHeap(String size) {
        return with("-Xmx" + size);
    }

    /** The same with these options of the JVM as well, after those that it has. */
    public JavaCommand with(String... more) {
        return with(List.of(more));
    }

    /** The same with these options of the JVM as well, after those that it has. */
    public JavaCommand with(List<String> more) {
        return new JavaCommand(Stream.concat(options.stream(), more.stream()).toList(), main, arguments);
    }

    /** The words of the command line. */
    public List<String> line() {
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        line.addAll(FLAGS);
        line.addAll(options);
        line.add("-cp");
        line.add(classPath());
        line.add(main);
        line.addAll(arguments);
        return line;
    }

    /** Absolute, because an ahead-of-time cache is good only for the very class path that it was made with. */
    private static String classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath().normalize().toString())
                .collect(Collectors.joining(File.pathSeparator));
    }
}
