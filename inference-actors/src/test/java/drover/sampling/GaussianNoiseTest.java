package drover.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class GaussianNoiseTest {
    /** The known answers that Random123, the authors' library, is tested with. */
    @Test
    void philoxGivesTheKnownAnswers() {
        assertThat(Philox.block(0, 0, 0, 0, 0, 0)).containsExactly(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
        assertThat(Philox.block(-1, -1, -1, -1, -1, -1))
                .containsExactly(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
        assertThat(Philox.block(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0))
                .containsExactly(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1);
    }

    /** Pictures of a seed must not change from one version to the next: these numbers are part of the format. */
    @Test
    void aSeedGivesTheseNumbersForEver() {
        assertThat(new GaussianNoise(0).next(6))
                .containsExactly(0.9911377f, -0.9246626f, -0.61760896f, -0.4820686f, -0.15363823f, 0.1808259f);
        assertThat(new GaussianNoise(4294967295L).next(4))
                .containsExactly(0.27956194f, -0.03415849f, -0.70824474f, 0.040430307f);
    }

    @Test
    void isStandardNormal() {
        float[] x = new GaussianNoise(42).next(200_000);
        double mean = 0;
        double square = 0;
        double fourth = 0;
        long beyondTwo = 0;
        for (float value : x) {
            mean += value;
            square += value * value;
            fourth += Math.pow(value, 4);
            beyondTwo += Math.abs(value) > 2 ? 1 : 0;
        }
        assertThat(mean / x.length).isCloseTo(0, within(0.01));
        assertThat(square / x.length).isCloseTo(1, within(0.02));
        assertThat(fourth / x.length).isCloseTo(3, within(0.1));
        assertThat((double) beyondTwo / x.length).isCloseTo(0.0455, within(0.002));
    }

    @Property(tries = 200)
    void howManyAreDrawnAtATimeDoesNotMatter(
            @ForAll long seed, @ForAll @IntRange(max = 40) int first, @ForAll @IntRange(max = 40) int second) {
        GaussianNoise parts = new GaussianNoise(seed);
        float[] head = parts.next(first);
        float[] tail = parts.next(second);
        float[] whole = new GaussianNoise(seed).next(first + second);
        assertThat(head).isEqualTo(Arrays.copyOf(whole, first));
        assertThat(tail).isEqualTo(Arrays.copyOfRange(whole, first, whole.length));
    }

    @Property(tries = 200)
    void seedsThatDifferGiveOtherNumbers(@ForAll long a, @ForAll long b) {
        assertThat(a == b || !Arrays.equals(new GaussianNoise(a).next(8), new GaussianNoise(b).next(8)))
                .isTrue();
    }
}
