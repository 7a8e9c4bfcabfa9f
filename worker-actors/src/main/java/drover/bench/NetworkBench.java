package drover.bench;

import drover.speed.LoadSpeed;
import drover.speed.PipelineSpeed;
import drover.speed.ResidentMemory;
import drover.speed.UNetSpeed;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Prints what networks cost, beside what is wanted of them. */
public final class NetworkBench {
    /** Share of a step outside libtorch's kernels that is bearable. */
    public static final double MAX_OUTSIDE = 0.01;

    /** Loading compared with reading the files from the system's cache, on the CPU, at least. */
    public static final double MIN_LOAD = 0.5;

    /** Memory that a picture of SDXL may take on the CPU, in bytes. */
    public static final long MAX_MEMORY = 16L << 30;

    private static final double GIB = 1L << 30;

    private NetworkBench() {}

    /**
     * A UNet's figures, as {@code --json} prints them.
     *
     * @param measured what was measured
     * @param secondsPerStep the middle one
     * @param teraflops operations per second
     * @param ofPeak compared with a large product of matrices
     * @param outsideKernels share of the time, at most
     */
    public record UNetFigures(
            UNetSpeed measured, double secondsPerStep, double teraflops, double ofPeak, double outsideKernels) {
        /** Of what was measured. */
        public static UNetFigures of(UNetSpeed speed) {
            return new UNetFigures(speed, speed.step(), speed.rate() / 1e12, speed.ofPeak(), speed.outsideKernels());
        }
    }

    /** Loading's figures, as {@code --json} prints them; in megabytes per second. */
    public record LoadFigures(LoadSpeed measured, double read, double load, double ratio) {
        /** Of what was measured. */
        public static LoadFigures of(LoadSpeed speed) {
            return new LoadFigures(speed, speed.read(), speed.load(), speed.ratio());
        }
    }

    /** Prints a UNet's figures, and whether they are within their bounds. */
    public static boolean print(UNetSpeed speed, PrintStream out) {
        out.printf(
                Locale.ROOT,
                "UNet of %s at %dx%d, prompt and negative prompt in one batch; %s, %d threads, %s%n",
                speed.arch(),
                speed.size(),
                speed.size(),
                speed.device(),
                speed.threads(),
                speed.computed());
        out.printf(
                Locale.ROOT,
                "  weights              %.2f billion parameters in all, %.2f GiB in memory%n",
                speed.parameters() / 1e9,
                speed.weightBytes() / GIB);
        out.printf(
                Locale.ROOT,
                "  step                 %.3f s (%s)%n",
                speed.step(),
                speed.secondsPerStep().stream()
                        .map(it -> String.format(Locale.ROOT, "%.3f", it))
                        .collect(Collectors.joining(", ")));
        out.printf(
                Locale.ROOT,
                "  operations           %.3f tera a step: convolutions %.3f, linear layers %.3f, attention %.3f%n",
                speed.operations().total() / 1e12,
                speed.operations().convolutions() / 1e12,
                speed.operations().linears() / 1e12,
                speed.operations().attention() / 1e12);
        out.printf(
                Locale.ROOT,
                "  fused attention      %d of %d%n",
                speed.operations().fused(),
                speed.operations().attentions());
        out.printf(
                Locale.ROOT,
                "  speed                %.3f TFLOP/s; this machine's best product of matrices %.3f, convolution %.3f:"
                        + " %.0f %% and %.0f %%%n",
                speed.rate() / 1e12,
                speed.peak().matmul() / 1e12,
                speed.peak().convolution() / 1e12,
                100 * speed.ofPeak(),
                100 * speed.rate() / speed.peak().convolution());
        out.printf(
                Locale.ROOT,
                "  outside the kernels  %.2f %% at most (wanted %.0f %%): %.2f %% between calls of libtorch, and to walk"
                        + " through the layers %.1f ms at most%n",
                100 * speed.outsideKernels(),
                100 * MAX_OUTSIDE,
                100 * speed.betweenCalls(),
                1000 * speed.walkSeconds());
        speed.memory().ifPresent(memory -> print(memory, out));
        return speed.outsideKernels() <= MAX_OUTSIDE;
    }

    private static void print(ResidentMemory memory, PrintStream out) {
        out.printf(
                Locale.ROOT,
                "  memory (RSS)         %.2f GiB at most, %.2f after the steps, of which %.2f pages of mapped files%n",
                memory.peakBytes() / GIB,
                memory.bytes() / GIB,
                memory.fileBytes() / GIB);
    }

    /** Prints loading's figures, and whether they are within their bounds. */
    public static boolean print(LoadSpeed speed, PrintStream out) {
        out.printf(
                Locale.ROOT,
                "Loading %s: files of %,.0f MB to weights of %,.0f MB; %s, %s%n",
                speed.model(),
                speed.fileBytes() / 1e6,
                speed.weightBytes() / 1e6,
                speed.device(),
                speed.computed());
        out.printf(
                Locale.ROOT,
                "  files read    %,8.0f MB/s (%s s), from the system's cache to nowhere%n",
                speed.read(),
                list(speed.readSeconds()));
        out.printf(Locale.ROOT, "  model loaded  %,8.0f MB/s (%s s)%n", speed.load(), list(speed.loadSeconds()));
        out.printf(Locale.ROOT, "  ratio         %8.2f (wanted %.1f on a CPU)%n", speed.ratio(), MIN_LOAD);
        return speed.ratio() >= MIN_LOAD;
    }

    private static String list(List<Double> seconds) {
        return seconds.stream()
                .map(it -> String.format(Locale.ROOT, "%.2f", it))
                .collect(Collectors.joining(", "));
    }

    /** Prints a picture's figures, and whether they are within their bounds. */
    public static boolean print(PipelineSpeed speed, PrintStream out) {
        out.printf(
                Locale.ROOT,
                "A picture of %dx%d in %d steps, %s with %.2f billion parameters, %.2f GiB of weights in memory"
                        + " (room for models: %.2f GiB)%n",
                speed.size(),
                speed.size(),
                speed.steps(),
                speed.arch(),
                speed.parameters() / 1e9,
                speed.weightBytes() / GIB,
                speed.room() / GIB);
        out.printf("  %-14s %10s %16s %14s%n", "phase", "seconds", "peak RSS, GiB", "at its end");
        for (PipelineSpeed.Part part : speed.phases()) {
            out.printf(
                    Locale.ROOT,
                    "  %-14s %10.2f %16.2f %14.2f%n",
                    part.name(),
                    part.seconds(),
                    part.peakBytes() / GIB,
                    part.bytes() / GIB);
        }
        out.printf(
                Locale.ROOT,
                "  the process had at most %.2f GiB in memory (wanted %.0f)%n",
                speed.peakBytes() / GIB,
                MAX_MEMORY / GIB);
        return speed.peakBytes() <= MAX_MEMORY;
    }
}
