package drover.bench;

import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** How this project runs JMH: in one process of its own, three seconds to warm up, five that count. */
final class Jmh {
    private static final TimeValue ITERATION = TimeValue.seconds(1);

    private Jmh() {}

    /**
     * Runs all benchmarks of these classes.
     *
     * @throws RunnerException if JMH cannot run, or one of them fails
     */
    static Collection<RunResult> run(List<Class<?>> benchmarks) throws RunnerException {
        var options = new OptionsBuilder()
                .forks(1)
                .warmupIterations(3)
                .warmupTime(ITERATION)
                .measurementIterations(5)
                .measurementTime(ITERATION)
                .verbosity(VerboseMode.SILENT)
                .shouldFailOnError(true);
        benchmarks.forEach(type -> options.include("^" + type.getName() + "\\."));
        return new Runner(options.build()).run();
    }
}
