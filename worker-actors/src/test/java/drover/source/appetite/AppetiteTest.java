package drover.source.appetite;

import static drover.source.appetite.Loads.busy;
import static drover.source.appetite.Loads.capacity;
import static drover.source.appetite.Loads.fast;
import static drover.source.appetite.Loads.idle;
import static drover.source.appetite.Loads.notResident;
import static drover.source.appetite.Loads.pending;
import static drover.source.appetite.Loads.unknown;
import static drover.source.models.Baseline.FLUX;
import static drover.source.models.Baseline.STABLE_DIFFUSION_1;
import static drover.source.models.Baseline.STABLE_DIFFUSION_XL;
import static org.assertj.core.api.Assertions.assertThat;

import drover.source.appetite.Decision.Pop;
import drover.source.appetite.Decision.Wait;
import drover.source.appetite.Decision.Why;
import drover.source.bridge.BridgeData.Capacity;
import drover.source.bridge.BridgeData.Performance;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When a worker asks for jobs, and for which. */
final class AppetiteTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final Capacity SDXL = capacity(1, 1, 4, 64);
    private static final Offered XL = fast("XL", STABLE_DIFFUSION_XL, 2);
    private static final int NATIVE_XL = 1024 * 1024;

    private static Appetite of(Capacity capacity) {
        return new Appetite(capacity, false, new SplittableRandom(7));
    }

    private static Decision decide(Capacity capacity, Load load) {
        return of(capacity).decide(NOW, load);
    }

    private static Why why(Decision decision) {
        assertThat(decision).isInstanceOf(Wait.class);
        return ((Wait) decision).why();
    }

    private static Pop pop(Decision decision) {
        assertThat(decision).isInstanceOf(Pop.class);
        return (Pop) decision;
    }

    @Test
    void aFastMachineOffersAllThatItIsSetTo() {
        assertThat(decide(SDXL, idle(XL))).isEqualTo(new Pop(List.of("XL"), 64 * 32768, 4, true, false));
    }

    @Test
    void asManyJobsAreHeldAsThreadsAndQueueAllow() {
        assertThat(decide(SDXL, busy(1, 20, XL))).isInstanceOf(Pop.class);
        assertThat(why(decide(SDXL, busy(2, 40, XL)))).isEqualTo(Why.FULL);
        assertThat(why(decide(capacity(1, 0, 4, 64), busy(1, 20, XL)))).isEqualTo(Why.FULL);
        assertThat(why(decide(capacity(4, 0, 4, 64), busy(1, 20, XL))))
                .as("as few as there are slots")
                .isEqualTo(Why.FULL);
    }

    @Test
    void whatWaitsTooLongIsNotAddedTo() {
        assertThat(decide(SDXL, busy(1, 40, XL))).as("25 s").isInstanceOf(Pop.class);
        assertThat(why(decide(SDXL, busy(1, 60, XL)))).as("35 s").isEqualTo(Why.BEHIND);
        assertThat(decide(Loads.performing(SDXL, Performance.MODERATE), busy(1, 60, XL)))
                .isInstanceOf(Pop.class);
        assertThat(decide(Loads.performing(SDXL, Performance.HIGH), busy(1, 200, XL)))
                .isInstanceOf(Pop.class);
    }

    @ParameterizedTest
    @CsvSource({"NORMAL, 15, 16", "MODERATE, 60, 61", "HIGH, 80, 81"})
    void whileNothingIsMeasuredTheExistingWorkersLimitsHold(Performance performance, int fits, int tooMuch) {
        Capacity capacity = Loads.performing(SDXL, performance);
        Offered model = unknown("XL", STABLE_DIFFUSION_XL);

        assertThat(why(decide(capacity, busy(1, tooMuch, model)))).isEqualTo(Why.BEHIND);
        assertThat(why(decide(capacity, busy(1, fits, model))))
                .as("and nobody knows whether another job would be in time")
                .isEqualTo(Why.BEHIND);
        assertThat(decide(capacity, idle(model))).isInstanceOf(Pop.class);
    }

    @Test
    void aModelThatHasNotRunIsTriedWithAnOrdinaryJob() {
        assertThat(decide(SDXL, idle(unknown("XL", STABLE_DIFFUSION_XL))))
                .isEqualTo(new Pop(List.of("XL"), NATIVE_XL, 1, false, false));
        assertThat(decide(SDXL, idle(XL, unknown("Other XL", STABLE_DIFFUSION_XL))))
                .as("one of the same family tells enough")
                .isEqualTo(new Pop(List.of("XL", "Other XL"), 64 * 32768, 4, true, false));
        assertThat(decide(SDXL, idle(XL, unknown("SD", STABLE_DIFFUSION_1), unknown("Flux", FLUX))))
                .as("one of another family lets expect something")
                .isEqualTo(new Pop(List.of("XL", "SD", "Flux"), 64 * 32768, 1, false, false));
        assertThat(pop(decide(SDXL, idle(fast("XL", STABLE_DIFFUSION_XL, 0.5), unknown("Flux", FLUX))))
                        .models())
                .containsExactly("XL", "Flux");
    }

    @Test
    void aSlowMachineAsksForLess() {
        Pop pop = pop(decide(capacity(1, 0, 8, 128), idle(fast("SD", STABLE_DIFFUSION_1, 0.12))));

        assertThat(pop.maxPixels()).isBetween(512 * 512, 640 * 640);
        assertThat(pop.amount()).as("two of the smallest fit").isEqualTo(2);
    }

    @Test
    void aModelThatIsTooSlowHereIsLeftOut() {
        Offered slow = fast("XL", STABLE_DIFFUSION_XL, 0.1);
        Offered quick = fast("SD", STABLE_DIFFUSION_1, 0.4);

        assertThat(why(decide(SDXL, idle(slow)))).isEqualTo(Why.TOO_SLOW);
        assertThat(pop(decide(SDXL, idle(slow, quick))).models()).containsExactly("SD");
        assertThat(pop(decide(Loads.extraSlow(capacity(1, 0, 1, 32)), idle(slow)))
                        .models())
                .as("three times the time")
                .containsExactly("XL");
    }

    @Test
    void fewerStepsFitWhereManyDoNot() {
        Offered slow = fast("SD", STABLE_DIFFUSION_1, 0.1);
        Capacity capacity = capacity(1, 0, 1, 8);

        assertThat(why(decide(capacity, idle(slow)))).isEqualTo(Why.TOO_SLOW);
        assertThat(pop(decide(Loads.limited(capacity), idle(slow))).maxPixels()).isEqualTo(512 * 512);
    }

    @Test
    void batchesAreAsLargeAsTheirTimeAllows() {
        Capacity capacity = capacity(1, 0, 20, 32);
        int at2 =
                pop(decide(capacity, idle(fast("XL", STABLE_DIFFUSION_XL, 2)))).amount();
        int at05 = pop(decide(capacity, idle(fast("XL", STABLE_DIFFUSION_XL, 0.5))))
                .amount();

        assertThat(at2).isGreaterThan(at05);
        assertThat(at05).isBetween(1, 12);
        assertThat(pop(decide(capacity, idle(fast("Flux", FLUX, 5)))).amount())
                .as("the server means to give a fifth")
                .isEqualTo(4);
    }

    @Test
    void aModelWithTwoJobsInHandIsLeftOut() {
        Offered other = fast("Other", STABLE_DIFFUSION_XL, 2);
        Capacity capacity = capacity(1, 4, 1, 32);

        assertThat(pop(decide(capacity, busy(2, 20, pending(XL, 2), other))).models())
                .containsExactly("Other");
        assertThat(why(decide(capacity, busy(2, 20, pending(XL, 2))))).isEqualTo(Why.FULL);
    }

    @Test
    void postProcessingIsInvitedOnlyWhereThereIsTimeToSpare() {
        Load load = idle(fast("XL", STABLE_DIFFUSION_XL, 2));
        Decision.Pop assumed = pop(of(SDXL).decide(NOW, load));
        assertThat(assumed.enlarging()).as("as long as twenty steps").isTrue();

        // Of 150 seconds for a picture of few steps, 120 are counted on, and 5 go to what a job takes anyway.
        double most = 115.0 / assumed.maxPixels();
        assertThat(pop(of(SDXL).decide(NOW, Loads.enlarging(load, most / 10))).enlarging())
                .isTrue();
        Decision.Pop slow = pop(of(SDXL).decide(NOW, Loads.enlarging(load, most * 1.01)));
        assertThat(slow.enlarging()).isFalse();
        assertThat(slow.maxPixels()).as("other jobs are as large as ever").isEqualTo(assumed.maxPixels());
    }

    @Test
    void aMachineThatHasShownNothingYetIsNotAskedToEnlarge() {
        assertThat(pop(of(SDXL).decide(NOW, idle(Loads.unknown("XL", STABLE_DIFFUSION_XL))))
                        .enlarging())
                .isFalse();
    }

    @Test
    void stickinessOffersWhatIsInMemory() {
        Offered other = notResident(fast("Other", STABLE_DIFFUSION_XL, 2), 0);
        Load load = idle(XL, other);
        Appetite always = of(Loads.sticky(SDXL, 1));
        always.popped(NOW.minusSeconds(5), true);
        Appetite never = of(SDXL);
        never.popped(NOW.minusSeconds(5), true);
        Appetite sometimes = of(Loads.sticky(SDXL, 0.3));
        sometimes.popped(NOW.minusSeconds(5), true);

        assertThat(pop(always.decide(NOW, load)).models()).containsExactly("XL");
        assertThat(pop(never.decide(NOW, load)).models()).containsExactly("XL", "Other");
        int stuck = 0;
        for (int i = 0; i < 1000; i++) {
            stuck += pop(sometimes.decide(NOW, load)).models().size() == 1 ? 1 : 0;
        }
        assertThat(stuck).isBetween(230, 370);
        always.popped(NOW.minusSeconds(5), false);
        assertThat(pop(always.decide(NOW, load)).models())
                .as("not after an empty answer")
                .hasSize(2);
    }

    @Test
    void aModelThatDoesNotFitIntoTheMemoryIsLeftOut() {
        Offered large = notResident(fast("Large", STABLE_DIFFUSION_XL, 2), 8L << 30);
        Load load = idle(XL, large);

        assertThat(pop(decide(SDXL, Loads.withRoom(load, 4L << 30))).models()).containsExactly("XL");
        assertThat(pop(decide(SDXL, Loads.withRoom(load, 8L << 30))).models()).hasSize(2);
        assertThat(pop(decide(SDXL, Loads.withRoom(load, 0))).models())
                .as("a reading of zero means that nobody knows")
                .hasSize(2);
        assertThat(why(decide(SDXL, Loads.withRoom(idle(large), 1)))).isEqualTo(Why.NO_MEMORY);
    }

    @Test
    void withoutASafetyCheckNothingIsTakenAndWithoutAModelNeither() {
        assertThat(why(decide(SDXL, Loads.withoutSafety(idle(XL))))).isEqualTo(Why.NO_SAFETY);
        assertThat(why(decide(SDXL, idle()))).isEqualTo(Why.NO_MODEL);
    }

    @Test
    void theWorkerStaysOnlineWhileItIsFull() {
        Appetite appetite = of(SDXL);
        Load full = busy(2, 40, XL);
        appetite.popped(NOW, true);

        assertThat(why(appetite.decide(NOW.plusSeconds(239), full))).isEqualTo(Why.FULL);
        assertThat(appetite.decide(NOW.plusSeconds(240), full))
                .isEqualTo(new Pop(List.of("XL"), 64 * 64, 1, false, true));
    }

    @Test
    void threeFailuresPauseThenOneJobIsTried() {
        Appetite appetite = of(SDXL);
        for (int i = 0; i < 3; i++) {
            assertThat(appetite.decide(NOW, idle(XL))).isInstanceOf(Pop.class);
            appetite.ended(NOW, 0, 1);
        }
        assertThat(appetite.decide(NOW, idle(XL))).isEqualTo(new Wait(NOW.plus(Appetite.PAUSE), Why.PAUSED));

        Instant later = NOW.plus(Appetite.PAUSE);
        assertThat(pop(appetite.decide(later, idle(XL))).amount()).isEqualTo(1);
        assertThat(why(appetite.decide(later, busy(1, 1, XL)))).isEqualTo(Why.FULL);
        appetite.ended(later, 0, 1);
        assertThat(why(appetite.decide(later, idle(XL)))).isEqualTo(Why.PAUSED);

        appetite.ended(later, 1, 0);
        assertThat(pop(appetite.decide(later, idle(XL))).amount()).isEqualTo(4);
    }

    @Test
    void oneCleanJobInBetweenIsEnoughAndARaceIsNoFailure() {
        Appetite appetite = of(SDXL);
        for (int i = 0; i < 6; i++) {
            appetite.ended(NOW, i % 3 == 2 ? 1 : 0, i % 3 == 2 ? 0 : 1);
        }
        appetite.ended(NOW, 0, 1);
        appetite.ended(NOW, 0, 1);
        appetite.ended(NOW, 0, 0);
        appetite.ended(NOW, 0, 0);

        assertThat(appetite.decide(NOW, idle(XL))).isInstanceOf(Pop.class);
        assertThat(appetite.failuresOfTheHour(NOW)).isEqualTo(6);
    }

    @Test
    void failuresInARowEndTheWorkerIfItsOwnerWantsThat() {
        Appetite appetite = new Appetite(SDXL, true, new SplittableRandom(7));
        appetite.ended(NOW, 0, 1);
        appetite.ended(NOW, 0, 1);
        appetite.ended(NOW, 3, 1);

        assertThat(appetite.decide(NOW, idle(XL))).isEqualTo(new Decision.End());
    }

    @Test
    void manyFailuresOfTheHourMakeItCareful() {
        Appetite appetite = of(SDXL);
        appetite.ended(NOW, 0, 10);
        appetite.popped(NOW, true);
        Instant later = NOW.plusSeconds(5);

        assertThat(why(appetite.decide(later, idle(XL)))).isEqualTo(Why.SPARING);
        assertThat(pop(appetite.decide(NOW.plusSeconds(30), idle(XL))).amount()).isEqualTo(1);
        assertThat(why(appetite.decide(NOW.plusSeconds(30), busy(1, 1, XL)))).isEqualTo(Why.SPARING);
    }

    @Test
    void atTheServersLimitNothingIsTakenNotEvenToStayOnline() {
        Appetite appetite = of(SDXL);
        appetite.popped(NOW, true);
        appetite.ended(NOW, 0, 20);
        appetite.ended(NOW, 1, 0);

        for (int minute = 1; minute < 63; minute++) {
            assertThat(why(appetite.decide(NOW.plusSeconds(60L * minute), idle(XL))))
                    .isEqualTo(Why.SPARING);
        }
        assertThat(appetite.decide(NOW.plus(FailureBudget.WINDOW), idle(XL))).isInstanceOf(Pop.class);
    }

    @Test
    void noMoreIdsAreHeldThanMayFail() {
        assertThat(pop(decide(SDXL, Loads.withIds(idle(XL), 18))).amount()).isEqualTo(2);
        assertThat(why(decide(SDXL, Loads.withIds(idle(XL), 20)))).isEqualTo(Why.SPARING);
    }

    @ParameterizedTest
    @CsvSource({
        "TROUBLE, TROUBLE",
        "RATE_LIMITED, TROUBLE",
        "TIMED_OUT_ADDRESS, TROUBLE",
        "MAINTENANCE, MAINTENANCE",
        "NOT_ACCEPTED, NOT_ACCEPTED",
        "REFUSED, REFUSED",
    })
    void afterAFailedPopItSaysWhyItWaits(PopFailure.Kind kind, Why why) {
        Appetite appetite = of(SDXL);
        appetite.popFailed(NOW, new PopFailure(kind, Optional.of(Duration.ZERO)));

        assertThat(why(appetite.decide(NOW, idle(XL)))).isEqualTo(why);
        appetite.reconfigured(SDXL, false);
        assertThat(appetite.decide(NOW, idle(XL)))
                .as("another configuration may be accepted at once")
                .isInstanceOf(Pop.class);
    }
}
