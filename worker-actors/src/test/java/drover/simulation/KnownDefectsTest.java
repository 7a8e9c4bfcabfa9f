package drover.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import drover.board.BoardSettings;
import drover.board.JobBoard;
import drover.ledger.JobLedger;
import drover.rules.Rules;
import drover.rules.Surroundings;
import drover.watchdog.Watchdog;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;

/** Each of the three defects that are known from other workers is put in the place of a rule, and has to be found. */
class KnownDefectsTest {
    private static final int JOBS = 200;
    private static final int WITHIN = 40;
    private static final long FIRST = 20_260_105;

    /** The first failure of at most so many runs. */
    private static Optional<Plan> findFailing(Cast cast) {
        for (int n = 0; n < WITHIN; n++) {
            Plan plan = Plan.of(Search.seed(FIRST, n), JOBS);
            if (Simulation.run(plan, cast).violation().isPresent()) {
                return Optional.of(plan);
            }
        }
        return Optional.empty();
    }

    private static void isFoundAndMadeSmall(Cast cast) {
        Optional<Plan> failing = findFailing(cast);
        assertThat(failing).as("a failing run among " + WITHIN).isPresent();
        Plan plan = failing.get();
        Violation violation = Simulation.run(plan, cast).violation().orElseThrow();
        assertThat(Simulation.run(plan, Cast.real()).violation())
                .as("what the right rules make of it")
                .isEmpty();
        List<String> lines = new ArrayList<>();
        assertThat(new Search(cast, JOBS, 1).replay(plan.seed(), lines::add))
                .hasValueSatisfying(failure -> assertThat(failure.what()).startsWith(violation.rule()));
        assertThat(lines).anyMatch(line -> line.contains("VIOLATION " + violation.rule()));
        Plan small = new Shrinker(cast, violation.rule(), 500).shrink(plan);
        assertThat(small.orders()).hasSizeLessThan(20);
        assertThat(Simulation.run(small, cast).violation())
                .hasValueSatisfying(v -> assertThat(v.rule()).isEqualTo(violation.rule()));
    }

    @Test
    void frozenDelta() {
        isFoundAndMadeSmall(new Cast() {
            @Override
            public Rules<Watchdog.Command> watchdog(
                    Surroundings<Watchdog.Command> around, String name, LongSupplier nanoTime, InstantSource wall) {
                return new FrozenDelta(Cast.super.watchdog(around, name, nanoTime, wall), nanoTime, wall);
            }
        });
    }

    @Test
    void wrongVictim() {
        isFoundAndMadeSmall(new Cast() {
            @Override
            public Rules<Watchdog.Command> watchdog(
                    Surroundings<Watchdog.Command> around, String name, LongSupplier nanoTime, InstantSource wall) {
                return new WrongVictim(Cast.super.watchdog(around, name, nanoTime, wall));
            }
        });
    }

    @Test
    void purge() {
        isFoundAndMadeSmall(new Cast() {
            @Override
            public Rules<JobBoard.Command> board(
                    Surroundings<JobBoard.Command> around,
                    JobBoard.Links links,
                    BoardSettings settings,
                    InstantSource clock) {
                JobBoard.Links forgetful = new JobBoard.Links(
                        new Forgetful(links.ledger()), links.feed(), links.delivery(), links.holds());
                return new PurgingBoard(
                        Cast.super.board(around, links, settings, clock),
                        () -> Cast.super.board(around, forgetful, settings, clock));
            }
        });
    }

    /** Offers that do not wait for the disk: the next board gives the same attempt to another node. */
    @Test
    void hastyOffers() {
        isFoundAndMadeSmall(new Cast() {
            @Override
            public Rules<JobBoard.Command> board(
                    Surroundings<JobBoard.Command> around,
                    JobBoard.Links links,
                    BoardSettings settings,
                    InstantSource clock) {
                return Cast.super.board(around, links, settings.withClaimWindow(Duration.ZERO), clock);
            }
        });
    }

    /** A ledger that does not hand over what it holds to a new board: nobody asks for it any more. */
    private static final class Forgetful extends Address<JobLedger.Command> {
        private final ActorRef<JobLedger.Command> ledger;

        Forgetful(ActorRef<JobLedger.Command> ledger) {
            super(0);
            this.ledger = ledger;
        }

        @Override
        public void tell(JobLedger.Command command) {
            if (!(command instanceof JobLedger.Attach)) {
                ledger.tell(command);
            }
        }
    }
}
