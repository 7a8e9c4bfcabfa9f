package drover.horde;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;

class ProgressStepsProperties {
    private final List<Integer> told = new ArrayList<>();

    /** Whatever comes in, in whatever pieces, with or without a size, from its beginning or from the middle, and anew. */
    @Property
    void everyStepIsToldOnceAndInOrder(
            @ForAll @LongRange(min = 1, max = Long.MAX_VALUE) long most,
            @ForAll @Size(max = 4) List<@LongRange(min = 0, max = Long.MAX_VALUE) Long> sizes,
            @ForAll @Size(max = 60) List<@LongRange(min = 0, max = Long.MAX_VALUE) Long> reached) {
        told.clear();
        ProgressSteps steps = new ProgressSteps(most, told::add);
        for (int i = 0; i < reached.size(); i++) {
            if (i < sizes.size()) {
                steps.expect(sizes.get(i));
            }
            steps.reached(reached.get(i));
            assertThat(told).hasSizeLessThan(ProgressSteps.STEPS);
        }
        steps.done();
        steps.done();

        assertThat(told)
                .isEqualTo(IntStream.rangeClosed(1, ProgressSteps.STEPS).boxed().toList());
    }

    /** A step is told with the very byte that reaches it. */
    @Property
    void aStepIsAFractionOfTheSize(@ForAll @LongRange(min = 1, max = 100_000) long size) {
        told.clear();
        ProgressSteps steps = new ProgressSteps(size, told::add);
        for (long bytes = 1; bytes <= size; bytes++) {
            steps.reached(bytes);
            assertThat((long) told.size()).isEqualTo(Math.min(19, bytes * 20 / size));
        }
    }

    @Example
    void aFileWithoutABytePasses() {
        new ProgressSteps(1, told::add).done();

        assertThat(told).hasSize(20);
    }
}
