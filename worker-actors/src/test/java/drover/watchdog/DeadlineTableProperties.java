package drover.watchdog;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The lazy heap against a map that is searched from end to end. */
class DeadlineTableProperties {
    private static final int CHILDREN = 12;

    enum Kind {
        SET,
        REMOVE,
        PASS
    }

    record Op(Kind kind, int child, int nanos) {}

    @Property(tries = 500)
    void itExpiresWhatASearchThroughAllWouldFind(@ForAll("ops") List<Op> ops, @ForAll("origins") long origin) {
        DeadlineTable<Integer> table = new DeadlineTable<>();
        Map<Integer, DeadlineTable.Entry<Integer>> entries = new HashMap<>();
        Map<Integer, Long> oracle = new HashMap<>();
        long now = origin;
        for (Op op : ops) {
            switch (op.kind()) {
                case SET -> {
                    long deadline = now + op.nanos();
                    oracle.put(op.child(), deadline);
                    if (entries.containsKey(op.child())) {
                        table.move(entries.get(op.child()), deadline);
                    } else {
                        entries.put(op.child(), table.add(op.child(), deadline));
                    }
                }
                case REMOVE -> {
                    oracle.remove(op.child());
                    if (entries.containsKey(op.child())) {
                        table.remove(entries.get(op.child()));
                    }
                }
                case PASS -> {
                    now += op.nanos();
                    assertThat(expire(table, now)).isEqualTo(expire(oracle, now));
                }
            }
            assertThat(table.size()).isEqualTo(oracle.size());
            assertThat(table.isEmpty()).isEqualTo(oracle.isEmpty());
            assertThatNothingComesBeforeTheNextLook(table, oracle);
            entries.forEach((child, entry) -> assertThat(entry.isPending()).isEqualTo(oracle.containsKey(child)));
        }
    }

    private static void assertThatNothingComesBeforeTheNextLook(
            DeadlineTable<Integer> table, Map<Integer, Long> oracle) {
        for (long deadline : oracle.values()) {
            assertThat(deadline - table.nextLook()).isNotNegative();
        }
    }

    private static Set<Integer> expire(DeadlineTable<Integer> table, long now) {
        Set<Integer> expired = new HashSet<>();
        for (var entry = table.poll(now); entry.isPresent(); entry = table.poll(now)) {
            assertThat(expired.add(entry.get().value())).isTrue();
        }
        assertThat(table.isDue(now)).isFalse();
        return expired;
    }

    private static Set<Integer> expire(Map<Integer, Long> oracle, long now) {
        List<Integer> due = new ArrayList<>();
        oracle.forEach((child, deadline) -> {
            if (deadline - now <= 0) {
                due.add(child);
            }
        });
        due.forEach(oracle::remove);
        return Set.copyOf(due);
    }

    @Provide
    static Arbitrary<List<Op>> ops() {
        return Combinators.combine(
                        Arbitraries.of(Kind.SET, Kind.SET, Kind.SET, Kind.REMOVE, Kind.PASS),
                        Arbitraries.integers().between(0, CHILDREN - 1),
                        Arbitraries.integers().between(0, 50))
                .as(Op::new)
                .list()
                .ofMaxSize(120);
    }

    /** Nanoseconds may start anywhere, and may wrap around in the middle. */
    @Provide
    static Arbitrary<Long> origins() {
        return Arbitraries.of(0L, -1_000L, Long.MAX_VALUE - 100, Long.MIN_VALUE + 7);
    }
}
