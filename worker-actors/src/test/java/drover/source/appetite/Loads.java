package drover.source.appetite;

import drover.source.bridge.BridgeData.Capacity;
import drover.source.bridge.BridgeData.Performance;
import drover.source.models.Baseline;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** What a worker may hold, for tests. */
final class Loads {
    private Loads() {}

    static Capacity capacity(int threads, int queue, int batch, int power) {
        return new Capacity(threads, queue, batch, power, Performance.NORMAL, false, false, 0);
    }

    static Capacity extraSlow(Capacity it) {
        return new Capacity(
                it.threads(), it.queueSize(), it.maxBatch(), it.maxPower(), it.performance(), true, false, 0);
    }

    static Capacity limited(Capacity it) {
        return new Capacity(
                it.threads(), it.queueSize(), it.maxBatch(), it.maxPower(), it.performance(), false, true, 0);
    }

    static Capacity sticky(Capacity it, double stickiness) {
        return new Capacity(
                it.threads(), it.queueSize(), it.maxBatch(), it.maxPower(), it.performance(), false, false, stickiness);
    }

    static Capacity performing(Capacity it, Performance performance) {
        return new Capacity(it.threads(), it.queueSize(), it.maxBatch(), it.maxPower(), performance, false, false, 0);
    }

    /** A model in memory whose speed is known, in megapixel-steps per second. */
    static Offered fast(String name, Baseline baseline, double megapixelSteps) {
        return new Offered(
                name,
                baseline,
                0,
                true,
                true,
                OptionalDouble.of(megapixelSteps * 1e6),
                Optional.empty(),
                OptionalLong.empty());
    }

    /** A model that has not run yet. */
    static Offered unknown(String name, Baseline baseline) {
        return new Offered(
                name, baseline, 0, false, false, OptionalDouble.empty(), Optional.empty(), OptionalLong.empty());
    }

    static Offered pending(Offered it, int jobs) {
        return new Offered(
                it.name(), it.baseline(), jobs, it.resident(), it.onIdleSlot(), it.speed(), it.load(), it.bytes());
    }

    static Offered notResident(Offered it, long bytes) {
        return new Offered(
                it.name(),
                it.baseline(),
                it.pending(),
                false,
                false,
                it.speed(),
                Optional.of(Duration.ofSeconds(20)),
                bytes <= 0 ? OptionalLong.empty() : OptionalLong.of(bytes));
    }

    /** One idle slot, nothing in hand. */
    static Load idle(Offered... models) {
        return new Load(
                1,
                1,
                1,
                0,
                0,
                0,
                0,
                Duration.ofSeconds(5),
                true,
                OptionalLong.empty(),
                List.of(models),
                OptionalDouble.empty());
    }

    /** One busy slot with so many jobs of one picture and so many megapixel-steps in hand. */
    static Load busy(int jobs, double megapixelSteps, Offered... models) {
        return new Load(
                1,
                0,
                1,
                jobs,
                jobs,
                (long) megapixelSteps,
                (long) (megapixelSteps * 1e6),
                Duration.ofSeconds(5),
                true,
                OptionalLong.empty(),
                List.of(models),
                OptionalDouble.empty());
    }

    static Load withoutSafety(Load it) {
        return new Load(
                it.slots(),
                it.freeSlots(),
                it.loadedSlots(),
                it.jobs(),
                it.ids(),
                it.pending(),
                it.pixelSteps(),
                it.overhead(),
                false,
                it.roomBytes(),
                it.models(),
                it.enlarging());
    }

    static Load withRoom(Load it, long bytes) {
        return new Load(
                it.slots(),
                it.freeSlots(),
                it.loadedSlots(),
                it.jobs(),
                it.ids(),
                it.pending(),
                it.pixelSteps(),
                it.overhead(),
                it.canCheck(),
                OptionalLong.of(bytes),
                it.models(),
                it.enlarging());
    }

    static Load enlarging(Load it, double secondsPerPixel) {
        return new Load(
                it.slots(),
                it.freeSlots(),
                it.loadedSlots(),
                it.jobs(),
                it.ids(),
                it.pending(),
                it.pixelSteps(),
                it.overhead(),
                it.canCheck(),
                it.roomBytes(),
                it.models(),
                OptionalDouble.of(secondsPerPixel));
    }

    static Load withIds(Load it, int ids) {
        return new Load(
                it.slots(),
                it.freeSlots(),
                it.loadedSlots(),
                it.jobs(),
                ids,
                it.pending(),
                it.pixelSteps(),
                it.overhead(),
                it.canCheck(),
                it.roomBytes(),
                it.models(),
                it.enlarging());
    }
}
