package drover.simulation;

import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One run. */
final class Simulation {
    /** What a run may take beyond its last order until everything has ended by its deadline, clock jumps included. */
    private static final long PATIENCE = 1_200_000_000_000L;

    /** How long everybody is listened to after the end. */
    private static final long AFTERMATH = 4_000_000_000L;

    /**
     * What came of a run.
     *
     * @param violation what was wrong, if anything was
     * @param length virtual nanoseconds
     * @param happenings how much happened
     */
    record Outcome(Optional<Violation> violation, long length, long happenings) {}

    private Simulation() {}

    /** Plays a plan. */
    static Outcome run(Plan plan, Cast cast) {
        return run(plan, cast, null);
    }

    /** Plays a plan and tells what happens, line by line. */
    static Outcome run(Plan plan, Cast cast, @Nullable Consumer<String> trace) {
        World world = new World(plan, cast, trace);
        Timeline timeline = world.timeline();
        Optional<Violation> violation = Optional.empty();
        try {
            Machine machine = new Machine(world);
            Callers callers = new Callers(world, machine);
            long last = plan.orders().stream().mapToLong(Order::at).max().orElse(0) + PATIENCE;
            while ((callers.open() > 0 || world.books().unfinished() > 0) && timeline.step(last)) {
                check(world);
            }
            long end = timeline.now() + AFTERMATH;
            while (timeline.step(end)) {
                check(world);
            }
            callers.close();
            world.books().close(machine.disk());
        } catch (Violation e) {
            violation = Optional.of(e);
        } catch (RuntimeException e) {
            violation = Optional.of(thrown(e));
        }
        violation.ifPresent(v -> world.note(() -> "VIOLATION " + v.getMessage()));
        return new Outcome(violation, timeline.now(), timeline.happened());
    }

    private static void check(World world) {
        Violation broken = world.violation();
        if (broken != null) {
            throw broken;
        }
    }

    private static Violation thrown(RuntimeException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof Violation violation) {
                return violation;
            }
        }
        StackTraceElement[] stack = e.getStackTrace();
        Violation violation = new Violation(
                "no rule throws " + e.getClass().getSimpleName(),
                e.getMessage() + (stack.length == 0 ? "" : " at " + stack[0]));
        violation.initCause(e);
        return violation;
    }
}
