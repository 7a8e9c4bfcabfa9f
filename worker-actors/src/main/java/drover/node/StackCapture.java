package drover.node;

import drover.watchdog.Incident;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the stack of one thread of another Java process, through the JDK's {@code jcmd}. Where that cannot work, what
 * Linux says about the process takes its place.
 */
public final class StackCapture implements StackSource {
    /** How long {@code jcmd} may take. A process that is alive answers within half a second. */
    public static final Duration PATIENCE = Duration.ofSeconds(2);

    private static final Logger LOG = LoggerFactory.getLogger(StackCapture.class);

    /** What the kernel keeps of a thread's name. */
    private static final int KERNEL_NAME = 15;

    private final Path jcmd;

    /** Uses this {@code jcmd}; it need not be there. */
    public StackCapture(Path jcmd) {
        this.jcmd = jcmd;
    }

    /** Uses the {@code jcmd} of the Java that runs this process; a JRE has none. */
    public static StackCapture likeThisProcess() {
        return new StackCapture(Path.of(System.getProperty("java.home"), "bin", "jcmd"));
    }

    /** Blocks for {@link #PATIENCE} at most. */
    @Override
    public Incident.Stack take(long pid, String thread) {
        String state = state(pid);
        if (state.startsWith("T") || state.startsWith("Z") || state.startsWith("t")) {
            return notTaken("the process is " + (state.startsWith("Z") ? "dead" : "stopped"), pid, thread);
        }
        if (!Files.isExecutable(jcmd)) {
            return notTaken("this Java has no jcmd; a JDK has", pid, thread);
        }
        try {
            return ask(pid, thread);
        } catch (IOException e) {
            return notTaken("jcmd could not be run: " + e.getMessage(), pid, thread);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return notTaken("it was not waited for", pid, thread);
        }
    }

    private Incident.Stack ask(long pid, String thread) throws IOException, InterruptedException {
        Path answer = Files.createTempFile("drover-stack", ".txt");
        try {
            Process process = new ProcessBuilder(
                            jcmd.toString(),
                            "-J-XX:TieredStopAtLevel=1",
                            "-J-XX:+UseSerialGC",
                            Long.toString(pid),
                            "Thread.print")
                    .redirectErrorStream(true)
                    .redirectOutput(answer.toFile())
                    .start();
            if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                return notTaken("the process did not answer within " + PATIENCE.toSeconds() + " s", pid, thread);
            }
            List<String> lines = cut(Files.readAllLines(answer), thread);
            return lines.isEmpty()
                    ? notTaken("jcmd did not show the thread", pid, thread)
                    : new Incident.Stack.Taken(thread, lines);
        } finally {
            Files.deleteIfExists(answer);
        }
    }

    /** The frames of one thread out of a whole dump. */
    static List<String> cut(List<String> dump, String thread) {
        return dump.stream()
                .dropWhile(line -> !line.startsWith("\"" + thread + "\""))
                .skip(1)
                .takeWhile(line -> !line.isBlank())
                .filter(line -> !line.strip().startsWith("java.lang.Thread.State"))
                .map(String::strip)
                // What method handles are made of tells nobody anything.
                .filter(line ->
                        !line.startsWith("at java.lang.invoke.") && !line.startsWith("at jdk.internal.foreign."))
                .toList();
    }

    private static Incident.Stack notTaken(String why, long pid, String thread) {
        return new Incident.Stack.NotTaken(why + " (" + describe(pid, thread) + ")");
    }

    /** What the kernel says: {@code process state T (stopped), thread runner-gpu0-0 state T in do_signal_stop}. */
    private static String describe(long pid, String thread) {
        String name = thread.length() > KERNEL_NAME ? thread.substring(0, KERNEL_NAME) : thread;
        StringBuilder text = new StringBuilder("process state " + state(pid));
        Path tasks = Path.of("/proc", Long.toString(pid), "task");
        try (Stream<Path> all = Files.list(tasks)) {
            all.filter(task -> read(task.resolve("comm")).equals(name))
                    .findFirst()
                    .ifPresent(task -> text.append(", thread ")
                            .append(thread)
                            .append(" state ")
                            .append(stateOf(task))
                            .append(" in ")
                            .append(read(task.resolve("wchan"))));
        } catch (IOException e) {
            LOG.debug("no threads to be seen of process {}", pid, e);
        }
        return text.toString();
    }

    private static String state(long pid) {
        return stateOf(Path.of("/proc", Long.toString(pid)));
    }

    private static String stateOf(Path dir) {
        return read(dir.resolve("status"))
                .lines()
                .filter(line -> line.startsWith("State:"))
                .map(line -> line.substring("State:".length()).strip())
                .findFirst()
                .orElse("unknown");
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            return "unknown";
        }
    }
}
