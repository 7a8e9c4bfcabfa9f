package drover.source.addons;

import static org.assertj.core.api.Assertions.assertThat;

import drover.source.addons.AddOnShelf.Action;
import drover.source.addons.AddOnStore.Reply;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;

/** The shelf against a disk and jobs that do anything in any order. */
class AddOnShelfProperties {
    private static final long CACHE = 100;
    private static final int PARALLEL = 2;
    private static final int LORAS = 12;

    @Property(tries = 300)
    void theCacheStaysWithinItsBoundsAndEveryJobIsAnswered(@ForAll Random random) {
        Run run = new Run(random);
        for (int i = 0; i < 200; i++) {
            run.step();
        }
        run.end();
    }

    private static final class Run {
        private final Random random;
        private final AddOnShelf shelf =
                new AddOnShelf(AddOnShelfTest.settings(CACHE, 80), new AddOnLeases(AddOn.LORA), List.of());
        private final Set<AddOnName> lookUps = new HashSet<>();
        private final Map<Long, Long> fetches = new HashMap<>();
        private final Set<Long> deletes = new HashSet<>();
        private final Map<Long, Long> disk = new HashMap<>();
        private final Map<AddOnStore.Lease, Long> leases = new HashMap<>();
        private final Map<AddOnStore.Lease, Instant> ends = new HashMap<>();
        private final Map<ActorRef<Reply>, Instant> waiting = new HashMap<>();
        private Instant now = Instant.parse("2026-11-21T12:00:00Z");

        private Run(Random random) {
            this.random = random;
        }

        private void step() {
            List<Action> actions = new ArrayList<>();
            switch (random.nextInt(7)) {
                case 0, 1 -> {
                    TestInbox<Reply> inbox = TestInbox.create();
                    Instant answerBy = now.plusSeconds(random.nextInt(1, 40));
                    Instant until = answerBy.plusSeconds(random.nextInt(0, 40));
                    waiting.put(inbox.getRef(), answerBy);
                    AddOnName name = new AddOnName("name" + random.nextInt(LORAS), false);
                    shelf.get(
                            new AddOnStore.Get(name, random.nextBoolean(), answerBy, until, inbox.getRef()),
                            now,
                            actions);
                }
                case 2 -> any(lookUps).ifPresent(name -> find(name, actions));
                case 3 -> any(fetches.keySet()).ifPresent(version -> fetch(version, actions));
                case 4 -> any(deletes).ifPresent(version -> delete(version, actions));
                case 5 ->
                    any(leases.keySet()).ifPresent(lease -> {
                        leases.remove(lease);
                        shelf.release(lease, now, actions);
                    });
                default -> wait(random.nextInt(1, 30), actions);
            }
            carryOut(actions);
        }

        private void wait(int seconds, List<Action> actions) {
            now = now.plusSeconds(seconds);
            shelf.wake(now, actions);
            leases.keySet().removeIf(lease -> !ends.getOrDefault(lease, now).isAfter(now));
        }

        private void find(AddOnName name, List<Action> actions) {
            lookUps.remove(name);
            long number = Long.parseLong(name.text().substring("name".length())) + 1;
            AddOnSite.Found found = random.nextInt(6) == 0
                    ? new AddOnSite.Found.Not(AddOnProblem.UNREACHABLE, "away")
                    : new AddOnSite.Found.Here(AddOnShelfTest.version(number, number * 9 % 80 + 1, number % 3 == 0));
            shelf.found(name, found, now, actions);
        }

        private void fetch(long version, List<Action> actions) {
            long bytes = Objects.requireNonNull(fetches.remove(version));
            if (random.nextInt(5) == 0) {
                shelf.fetched(version, new AddOnSite.Fetched.Not(AddOnProblem.UNREACHABLE, "broke off"), now, actions);
            } else {
                disk.put(version, bytes);
                shelf.fetched(version, new AddOnSite.Fetched.Here(bytes, "sum"), now, actions);
            }
        }

        private void delete(long version, List<Action> actions) {
            deletes.remove(version);
            disk.remove(version);
            shelf.deleted(version, now, actions);
        }

        private void carryOut(List<Action> actions) {
            for (Action action : actions) {
                switch (action) {
                    case Action.LookUp(AddOnName name) ->
                        assertThat(lookUps.add(name))
                                .as("one look-up of %s", name)
                                .isTrue();
                    case Action.Fetch(AddOnVersion version) -> {
                        assertThat(fetches.put(
                                        version.version(), version.bytes().orElseThrow()))
                                .isNull();
                        assertThat(disk).as("nothing is downloaded over").doesNotContainKey(version.version());
                    }
                    case Action.Delete(long version) -> {
                        assertThat(leases.values()).as("in use").doesNotContain(version);
                        assertThat(deletes.add(version)).isTrue();
                    }
                    case Action.Answer(AddOnStore.Get get, Reply reply) -> {
                        assertThat(waiting.remove(get.replyTo()))
                                .as("one answer")
                                .isNotNull();
                        if (reply instanceof Reply.Ready ready) {
                            long version = version(ready);
                            assertThat(disk).containsKey(version);
                            assertThat(deletes).doesNotContain(version);
                            leases.put(ready.lease(), version);
                            ends.put(ready.lease(), get.until());
                        }
                    }
                }
            }
            long onItsWay = fetches.values().stream().mapToLong(Long::longValue).sum();
            long there = disk.values().stream().mapToLong(Long::longValue).sum();
            assertThat(there + onItsWay).isLessThanOrEqualTo(CACHE);
            assertThat(fetches).hasSizeLessThanOrEqualTo(PARALLEL);
            assertThat(waiting.values()).allMatch(until -> until.isAfter(now));
        }

        private static long version(Reply.Ready ready) {
            String file = ready.path().getFileName().toString();
            return Long.parseLong(file.substring(0, file.indexOf('.')));
        }

        private <T> Optional<T> any(Set<T> set) {
            return set.stream()
                    .sorted(Comparator.comparing(Object::toString))
                    .skip(set.isEmpty() ? 0 : random.nextInt(set.size()))
                    .findFirst();
        }

        /** Everything comes to its end. */
        private void end() {
            List<Action> actions = new ArrayList<>();
            wait(1_000, actions);
            carryOut(actions);
            assertThat(waiting).isEmpty();
            assertThat(leases).isEmpty();
            assertThat(shelf.nextWake()).isEmpty();
        }
    }
}
