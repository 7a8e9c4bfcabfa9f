package drover.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

class BrownianTreeTest {
    private static final int COUNT = 20_000;

    @Test
    void incrementsAreStandardNormalAndIndependent() {
        BrownianTree motion = new BrownianTree(5);
        float[] first = motion.between(14.6, 10, COUNT);
        float[] second = motion.between(10, 9.7, COUNT);
        float[] third = motion.between(0.031, 0.029, COUNT);
        for (float[] increment : new float[][] {first, second, third}) {
            assertThat(product(increment, increment)).isCloseTo(1, within(0.04));
        }
        assertThat(product(first, second)).isCloseTo(0, within(0.03));
        assertThat(product(second, third)).isCloseTo(0, within(0.03));
    }

    /** What makes it one motion: the way is the sum of its parts, wherever it is cut. */
    @Property(tries = 50)
    void aWayIsTheSumOfItsParts(@ForAll long seed, @ForAll @DoubleRange(min = 2.1, max = 9.9) double middle) {
        BrownianTree motion = new BrownianTree(seed);
        float whole = motion.between(10, 2, 1)[0] * (float) Math.sqrt(8);
        float upper = motion.between(10, middle, 1)[0] * (float) Math.sqrt(10 - middle);
        float lower = motion.between(middle, 2, 1)[0] * (float) Math.sqrt(middle - 2);
        assertThat(upper + lower).isCloseTo(whole, within(1e-2f));
    }

    /** So a seed's picture hardly changes with the number of steps. */
    @Property(tries = 50)
    void whatWasAskedBeforeDoesNotMatter(@ForAll long seed, @ForAll @DoubleRange(min = 0.03, max = 14) double sigma) {
        BrownianTree busy = new BrownianTree(seed);
        for (double level = 14.6; level > 0.05; level *= 0.9) {
            busy.between(level, level * 0.9, 2);
        }
        assertThat(busy.between(sigma, sigma / 2, 2)).isEqualTo(new BrownianTree(seed).between(sigma, sigma / 2, 2));
    }

    @Test
    void levelsBeyondTheTreeAreRefused() {
        assertThatThrownBy(() -> new BrownianTree(1).between(1, 0, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    private static double product(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum / a.length;
    }
}
