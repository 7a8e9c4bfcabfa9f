package drover.source.dreamer;

import static org.assertj.core.api.Assertions.assertThat;

import drover.horde.ImageJob;
import drover.inference.JobId;
import drover.ledger.Order;
import java.time.Instant;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class HandTest {
    private static final ImageJob JOB =
            ImageRequestsTest.job("{\"prompt\": \"x\", \"width\": 1024, \"height\": 1024, \"ddim_steps\": 10}");

    private final Hand hand = new Hand();

    private static Order order(int number) {
        return new Order(
                new JobId("job-" + number),
                "worker",
                "m",
                Instant.EPOCH,
                Instant.EPOCH.plusSeconds(150),
                "",
                List.of(Order.Part.open("1"), Order.Part.open("2")));
    }

    @Test
    void aJobCountsByItsStepsUntilItIsDrawn() {
        hand.take(order(1), JOB, "m");
        assertThat(hand.jobs()).isOne();
        assertThat(hand.ids()).isEqualTo(2);
        assertThat(hand.pixelSteps()).isEqualTo(1024L * 1024 * 10 * 2);
        assertThat(hand.pending())
                .as("of two pictures, the second counts a fifth")
                .isEqualTo(12);
        assertThat(hand.of("m")).isOne();
        assertThat(hand.figures()).isEqualTo("asked for 1 times, computed for 1 jobs, each once");

        hand.drawn(order(1).job());
        assertThat(hand.jobs()).isZero();
        assertThat(hand.orders()).isOne();
        assertThat(hand.ids()).isEqualTo(2);
        assertThat(hand.pixelSteps()).isZero();
        assertThat(hand.pending()).isEqualTo(4);
        assertThat(hand.of("m")).isZero();

        hand.gone(order(1).job());
        assertThat(hand.ids()).isZero();
        assertThat(hand.pending()).isZero();
    }

    @Test
    void whatIsEnlargedTakesLonger() {
        ImageJob enlarged = ImageRequestsTest.job(
                "{\"prompt\": \"x\", \"width\": 512, \"height\": 512, \"ddim_steps\": 10, \"post_processing\": [\"NMKD_Siax\"]}");
        assertThat(Hand.pixelSteps(Hand.shape(enlarged))).isEqualTo(512L * 512 * (10 + 20) * 2);
    }

    @Test
    void aSecondPassCounts() {
        ImageJob twice = ImageRequestsTest.job(
                "{\"prompt\": \"x\", \"width\": 640, \"height\": 640, \"ddim_steps\": 10, \"hires_fix\": true}");
        hand.take(order(1), twice, "m");
        assertThat(hand.pixelSteps())
                .as("10 steps at 512x512, then 7")
                .isEqualTo((512L * 512 * 10 + 640 * 640 * 7) * 2);
    }

    @Property
    void whateverComesAndGoesNothingIsLeftBehind(
            @ForAll @Size(max = 60) List<@IntRange(min = 0, max = 11) Integer> moves) {
        Hand any = new Hand();
        for (int move : moves) {
            Order order = order(move / 3);
            switch (move % 3) {
                case 0 -> any.take(order, JOB, "m" + move / 6);
                case 1 -> any.drawn(order.job());
                default -> any.gone(order.job());
            }
            assertThat(any.jobs()).isBetween(0, any.orders());
            assertThat(any.ids()).isEqualTo(2 * any.orders());
            assertThat(any.pixelSteps()).isEqualTo(any.jobs() * 1024L * 1024 * 20);
        }
        for (int i = 0; i < 4; i++) {
            any.gone(order(i).job());
        }
        assertThat(List.of(any.jobs(), any.orders(), any.ids())).containsOnly(0);
        assertThat(any.pending()).isZero();
    }
}
