package drover.watchdog;

import static drover.watchdog.WatchdogFixture.attempt;
import static org.assertj.core.api.Assertions.assertThat;

import drover.inference.AttemptId;
import drover.inference.Phase;
import drover.inference.Position;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;

/** The watch list against an oracle that keeps one plain object for each attempt and looks at all of them every time. */
class WatchListProperties {
    private static final int ATTEMPTS = 5;
    private static final List<Phase> PHASES = List.of(Phase.LOADING, Phase.DENOISING, Phase.DECODING);
    private static final PhaseTimeouts TIMEOUTS = PhaseTimeouts.builder()
            .preload(Duration.ofNanos(80))
            .inferenceStep(Duration.ofNanos(15))
            .decode(Duration.ofNanos(40))
            .cancelGrace(Duration.ofNanos(5))
            .restartGrace(Duration.ofNanos(10))
            .build();

    enum Kind {
        WATCH,
        ADVANCED,
        HEARTBEAT,
        RETURNED,
        UNWATCH,
        PASS
    }

    record Event(Kind kind, int who, Phase phase, int step, int nanos, Rungs rungs) {}

    /** A verdict without its age, for comparison. */
    record Call(AttemptId attempt, Rung rung, Position position, Duration sinceAdvance) {
        static Call of(Verdict verdict) {
            Stall stall = verdict.stall();
            return new Call(stall.attempt(), verdict.rung(), stall.position(), stall.sinceAdvance());
        }
    }

    @Property(tries = 1000)
    void itCallsWhatALookAtEveryAttemptWouldCall(@ForAll("events") List<Event> events) {
        WatchList list = new WatchList("node", () -> Instant.EPOCH);
        List<Oracle> oracles = IntStream.range(0, ATTEMPTS)
                .mapToObj(i -> new Oracle(attempt("job" + i)))
                .toList();
        Set<List<Object>> called = new HashSet<>();
        long now = Long.MAX_VALUE - 200;
        for (Event event : events) {
            Oracle oracle = oracles.get(event.who());
            switch (event.kind()) {
                case WATCH -> {
                    boolean fresh = list.watch(oracle.attempt, "emoji", TIMEOUTS, event.rungs(), now);
                    assertThat(fresh).isEqualTo(!oracle.watched);
                    oracle.watch(event.rungs(), now);
                    if (fresh) {
                        called.removeIf(call -> call.getFirst().equals(oracle.attempt));
                    }
                }
                case ADVANCED -> {
                    Position position = new Position(event.phase(), event.step(), 9);
                    assertThat(list.advanced(oracle.attempt, position, now)).isEqualTo(oracle.advanced(position, now));
                }
                case HEARTBEAT -> list.heartbeat(oracle.attempt, now);
                case RETURNED -> {
                    List<Call> calls = list.runnerReturned(oracle.attempt, now).stream()
                            .map(Call::of)
                            .toList();
                    assertThat(calls).isEqualTo(nullable(oracle.returned(now)));
                    calls.forEach(call -> assertThat(called.add(List.of(call.attempt(), call.rung())))
                            .isTrue());
                }
                case UNWATCH -> {
                    assertThat(list.unwatch(oracle.attempt)).isEqualTo(oracle.watched);
                    oracle.watched = false;
                }
                case PASS -> {
                    now += event.nanos();
                    Set<Call> calls = new HashSet<>();
                    for (var v = list.poll(now, now); v.isPresent(); v = list.poll(now, now)) {
                        Call call = Call.of(v.get());
                        assertThat(calls.add(call)).isTrue();
                        assertThat(called.add(List.of(call.attempt(), call.rung())))
                                .as("each rung is called once")
                                .isTrue();
                    }
                    Set<Call> expected = new HashSet<>();
                    for (Oracle each : oracles) {
                        expected.addAll(nullable(each.look(now)));
                    }
                    assertThat(calls).isEqualTo(expected);
                }
            }
        }
    }

    private static List<Call> nullable(@Nullable Call call) {
        return call == null ? List.of() : List.of(call);
    }

    /** One attempt, written down as literally as the rules are spoken. */
    private static final class Oracle {
        final AttemptId attempt;
        boolean watched;
        private Rungs rungs = Rungs.FULL;
        private Rung rung = Rung.WATCHING;
        private boolean back;
        private Position highest = Position.entering(Phase.STARTING, 1);
        private long advancedAt;
        private long rungAt;

        Oracle(AttemptId attempt) {
            this.attempt = attempt;
        }

        void watch(Rungs newRungs, long now) {
            if (!watched) {
                watched = true;
                rungs = newRungs;
                rung = Rung.WATCHING;
                back = false;
                highest = Position.entering(Phase.STARTING, 1);
                advancedAt = now;
            }
        }

        boolean advanced(Position position, long now) {
            if (!watched || rung != Rung.WATCHING || position.compareTo(highest) <= 0) {
                return false;
            }
            highest = position;
            advancedAt = now;
            return true;
        }

        @Nullable Call returned(long now) {
            if (!watched) {
                return null;
            }
            back = true;
            return rung == Rung.CANCEL ? call(Rung.RESTART_ACTOR, now) : null;
        }

        @Nullable Call look(long now) {
            if (!watched) {
                return null;
            }
            return switch (rung) {
                case WATCHING ->
                    now - advancedAt < TIMEOUTS.limit(highest.phase()).length().toNanos()
                            ? null
                            : call(rungs == Rungs.FULL ? Rung.CANCEL : Rung.REPLACE_PROCESS, now);
                case CANCEL -> now - rungAt < 5 ? null : call(back ? Rung.RESTART_ACTOR : Rung.REPLACE_PROCESS, now);
                case RESTART_ACTOR -> now - rungAt < 10 ? null : call(Rung.REPLACE_PROCESS, now);
                case REPLACE_PROCESS -> null;
            };
        }

        private Call call(Rung next, long now) {
            rung = next;
            rungAt = now;
            return new Call(attempt, next, highest, Duration.ofNanos(now - advancedAt));
        }
    }

    @Provide
    static Arbitrary<List<Event>> events() {
        return Combinators.combine(
                        Arbitraries.frequency(
                                Tuple.of(2, Kind.WATCH),
                                Tuple.of(6, Kind.ADVANCED),
                                Tuple.of(1, Kind.HEARTBEAT),
                                Tuple.of(1, Kind.RETURNED),
                                Tuple.of(1, Kind.UNWATCH),
                                Tuple.of(5, Kind.PASS)),
                        Arbitraries.integers().between(0, ATTEMPTS - 1),
                        Arbitraries.of(PHASES),
                        Arbitraries.integers().between(0, 9),
                        Arbitraries.integers().between(0, 30),
                        Arbitraries.of(Rungs.class))
                .as(Event::new)
                .list()
                .ofMaxSize(80);
    }
}
