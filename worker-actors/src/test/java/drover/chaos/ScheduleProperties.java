package drover.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** What holds for the schedule of every seed. */
class ScheduleProperties {
    @Property
    void aSeedAlwaysMeansTheSame(
            @ForAll long seed,
            @ForAll @IntRange(min = 30, max = 1_800) int seconds,
            @ForAll @IntRange(min = 1, max = 5) int controls,
            @ForAll @IntRange(min = 1, max = 8) int gpus) {
        Duration length = Duration.ofSeconds(seconds);

        assertThat(Schedule.of(seed, length, new Cast(controls, gpus)))
                .isEqualTo(Schedule.of(seed, length, new Cast(controls, gpus)));
    }

    @Property
    void faultsComeInOrderAndWithinTheirTime(@ForAll long seed, @ForAll @IntRange(min = 30, max = 1_800) int seconds) {
        List<Fault.Due> faults = faults(seed, seconds, new Cast(2, 4));

        assertThat(faults)
                .isNotEmpty()
                .extracting(Fault.Due::at)
                .isSorted()
                .allSatisfy(at -> assertThat(at)
                        .isBetween(Schedule.FIRST, Duration.ofSeconds(seconds).minus(Schedule.REST)));
    }

    @Property
    void aHostIsLeftAloneWhileItRecovers(@ForAll long seed) {
        Cast cast = new Cast(2, 4);
        Map<Integer, Duration> free = new HashMap<>();
        Duration controlFree = Duration.ZERO;
        for (Fault.Due due : faults(seed, 600, cast)) {
            OptionalInt host = host(due.fault());
            if (host.isEmpty()) {
                continue;
            }
            Duration end = due.at().plus(lasting(due.fault()));
            assertThat(due.at()).isGreaterThanOrEqualTo(free.getOrDefault(host.getAsInt(), Duration.ZERO));
            free.put(host.getAsInt(), end.plus(Schedule.RECOVERY));
            if (cast.isControl(host.getAsInt())) {
                assertThat(due.at()).isGreaterThanOrEqualTo(controlFree);
                controlFree = end.plus(Schedule.ROOM);
            }
        }
    }

    @Property(tries = 100)
    void everyKindComesUpWithinTenMinutes(@ForAll long seed) {
        assertThat(faults(seed, 600, new Cast(2, 4)).stream()
                        .map(due -> due.fault().getClass())
                        .collect(Collectors.toSet()))
                .hasSize(Fault.class.getPermittedSubclasses().length);
    }

    @Property
    void onlyHostsThatAreThereAreHarmed(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int controls,
            @ForAll @IntRange(min = 1, max = 3) int gpus) {
        Cast cast = new Cast(controls, gpus);

        assertThat(faults(seed, 300, cast)).allSatisfy(due -> {
            host(due.fault()).ifPresent(host -> assertThat(host).isBetween(0, cast.size() - 1));
            assertThat(lasting(due.fault())).isBetween(Duration.ZERO, Schedule.LONGEST);
            assertThat(due.fault().describe(cast)).isNotBlank();
        });
    }

    private static List<Fault.Due> faults(long seed, int seconds, Cast cast) {
        return Schedule.of(seed, Duration.ofSeconds(seconds), cast).faults();
    }

    private static OptionalInt host(Fault fault) {
        return switch (fault) {
            case Fault.Kill(int host) -> OptionalInt.of(host);
            case Fault.PowerOff(int host) -> OptionalInt.of(host);
            case Fault.KillNode(int host) -> OptionalInt.of(host);
            case Fault.FreezeNode(int host) -> OptionalInt.of(host);
            case Fault.Freeze(int host, Duration _) -> OptionalInt.of(host);
            case Fault.FreezeForGood(int host, Duration _) -> OptionalInt.of(host);
            case Fault.Restart(int host) -> OptionalInt.of(host);
            case Fault.SetClock(int host, Duration _) -> OptionalInt.of(host);
            case Fault.Cut(int host, Duration _) -> OptionalInt.of(host);
            case Fault.FillDisk(int host, Duration _) -> OptionalInt.of(host);
            case Fault.RestartDatabase _, Fault.CrashDatabase _, Fault.FillResults _ -> OptionalInt.empty();
        };
    }

    private static Duration lasting(Fault fault) {
        return switch (fault) {
            case Fault.Freeze(int _, Duration lasting) -> lasting;
            case Fault.FreezeForGood(int _, Duration lasting) -> lasting;
            case Fault.Cut(int _, Duration lasting) -> lasting;
            case Fault.FillDisk(int _, Duration lasting) -> lasting;
            case Fault.RestartDatabase(Duration lasting) -> lasting;
            case Fault.CrashDatabase(Duration lasting) -> lasting;
            case Fault.FillResults(Duration lasting) -> lasting;
            case Fault.Kill _,
                    Fault.PowerOff _,
                    Fault.KillNode _,
                    Fault.FreezeNode _,
                    Fault.Restart _,
                    Fault.SetClock _ -> Duration.ZERO;
        };
    }
}
