package drover.chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * What goes wrong when: a pure function of the seed, the length and the hosts. Kinds are drawn from a bag that holds each
 * once, and gets each once more when nothing in it can happen now, so that all of them come up soon. Some room is left
 * between faults that stop the dispatch of jobs, or nothing would ever be done between them.
 *
 * @param faults in the order of their times
 */
record Schedule(List<Fault.Due> faults) {
    /** Nothing happens before, so that the first jobs are on their way. */
    static final Duration FIRST = Duration.ofSeconds(3);
    /** The last fault comes this long before the end at the latest. */
    static final Duration REST = Duration.ofSeconds(5);
    /** Between two faults of hosts with a public API, and between two of the database. */
    static final Duration ROOM = Duration.ofSeconds(20);
    /** After a fault of one host, before the next of the same one. */
    static final Duration RECOVERY = Duration.ofSeconds(12);

    static final Duration LONGEST = Duration.ofSeconds(20);
    private static final long GAP_MIN = 1_500;
    private static final long GAP_MAX = 6_500;
    private static final Duration MAX_SKEW = Duration.ofMinutes(3);

    private enum Kind {
        KILL_GPU,
        KILL_CONTROL,
        POWER_OFF_GPU,
        POWER_OFF_CONTROL,
        KILL_NODE,
        FREEZE_GPU_SHORTLY,
        FREEZE_GPU,
        FREEZE_CONTROL,
        FREEZE_GPU_FOR_GOOD,
        FREEZE_CONTROL_FOR_GOOD,
        FREEZE_NODE,
        RESTART_GPU,
        RESTART_CONTROL,
        SET_CLOCK_GPU,
        SET_CLOCK_CONTROL,
        CUT_GPU,
        CUT_CONTROL,
        RESTART_DATABASE,
        CRASH_DATABASE,
        FILL_RESULTS,
        FILL_DISK;

        boolean isOfControl() {
            return switch (this) {
                case KILL_CONTROL,
                        POWER_OFF_CONTROL,
                        FREEZE_CONTROL,
                        FREEZE_CONTROL_FOR_GOOD,
                        RESTART_CONTROL,
                        SET_CLOCK_CONTROL,
                        CUT_CONTROL -> true;
                default -> false;
            };
        }

        boolean isOfAll() {
            return switch (this) {
                case RESTART_DATABASE, CRASH_DATABASE, FILL_RESULTS -> true;
                default -> false;
            };
        }
    }

    Schedule {
        faults = List.copyOf(faults);
    }

    /** The schedule of a seed. */
    static Schedule of(long seed, Duration length, Cast cast) {
        return new Drawing(seed, cast).draw(length.minus(REST).toMillis());
    }

    private static final class Drawing {
        // Its algorithm is part of Java's specification, so that a seed means the same on every Java.
        private final Random random;
        private final Cast cast;
        private final List<Kind> bag = new ArrayList<>();
        private final long[] hostFree;
        private long controlFree;
        private long databaseFree;

        Drawing(long seed, Cast cast) {
            this.random = new Random(seed);
            this.cast = cast;
            this.hostFree = new long[cast.size()];
        }

        Schedule draw(long end) {
            List<Fault.Due> faults = new ArrayList<>();
            for (long at = FIRST.toMillis(); at <= end; at += random.nextLong(GAP_MIN, GAP_MAX)) {
                long now = at;
                if (bag.size() <= Kind.values().length && bag.stream().noneMatch(kind -> isFree(kind, now))) {
                    List<Kind> fresh = new ArrayList<>(Arrays.asList(Kind.values()));
                    Collections.shuffle(fresh, random);
                    bag.addAll(fresh);
                }
                bag.stream().filter(kind -> isFree(kind, now)).findFirst().ifPresent(kind -> {
                    bag.remove(kind);
                    faults.add(new Fault.Due(Duration.ofMillis(now), take(kind, now)));
                });
            }
            return new Schedule(faults);
        }

        private boolean isFree(Kind kind, long at) {
            if (kind.isOfAll()) {
                return databaseFree <= at;
            }
            return (!kind.isOfControl() || controlFree <= at)
                    && cast.all().anyMatch(host -> cast.isControl(host) == kind.isOfControl() && hostFree[host] <= at);
        }

        private Fault take(Kind kind, long at) {
            Duration lasting = lasting(kind);
            if (kind.isOfAll()) {
                databaseFree = at + lasting.plus(ROOM).toMillis();
                return switch (kind) {
                    case RESTART_DATABASE -> new Fault.RestartDatabase(lasting);
                    case CRASH_DATABASE -> new Fault.CrashDatabase(lasting);
                    default -> new Fault.FillResults(lasting);
                };
            }
            int[] free = cast.all()
                    .filter(host -> cast.isControl(host) == kind.isOfControl() && hostFree[host] <= at)
                    .toArray();
            int host = free[random.nextInt(free.length)];
            hostFree[host] = at + lasting.plus(RECOVERY).toMillis();
            if (kind.isOfControl()) {
                controlFree = at + lasting.plus(ROOM).toMillis();
            }
            return switch (kind) {
                case KILL_GPU, KILL_CONTROL -> new Fault.Kill(host);
                case POWER_OFF_GPU, POWER_OFF_CONTROL -> new Fault.PowerOff(host);
                case KILL_NODE -> new Fault.KillNode(host);
                case FREEZE_GPU_SHORTLY, FREEZE_GPU, FREEZE_CONTROL -> new Fault.Freeze(host, lasting);
                case FREEZE_GPU_FOR_GOOD, FREEZE_CONTROL_FOR_GOOD -> new Fault.FreezeForGood(host, lasting);
                case FREEZE_NODE -> new Fault.FreezeNode(host);
                case RESTART_GPU, RESTART_CONTROL -> new Fault.Restart(host);
                case SET_CLOCK_GPU, SET_CLOCK_CONTROL -> new Fault.SetClock(host, skew());
                case CUT_GPU, CUT_CONTROL -> new Fault.Cut(host, lasting);
                case FILL_DISK -> new Fault.FillDisk(host, lasting);
                case RESTART_DATABASE, CRASH_DATABASE, FILL_RESULTS ->
                    throw new IllegalStateException(kind + " is of no single host");
            };
        }

        private Duration lasting(Kind kind) {
            return switch (kind) {
                case FREEZE_GPU_SHORTLY -> between(500, 2_500);
                case FREEZE_GPU, FREEZE_CONTROL, CUT_GPU, CUT_CONTROL -> between(2_000, 15_000);
                case FREEZE_GPU_FOR_GOOD, FREEZE_CONTROL_FOR_GOOD -> between(15_000, LONGEST.toMillis());
                case RESTART_DATABASE, CRASH_DATABASE -> between(500, 5_000);
                case FILL_RESULTS, FILL_DISK -> between(3_000, 10_000);
                default -> Duration.ZERO;
            };
        }

        private Duration skew() {
            return Duration.ofMillis(random.nextLong(-MAX_SKEW.toMillis(), MAX_SKEW.toMillis()));
        }

        private Duration between(long least, long most) {
            return Duration.ofMillis(random.nextLong(least, most));
        }
    }
}
