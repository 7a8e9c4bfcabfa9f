package drover.cli;

import static org.assertj.core.api.Assertions.assertThat;

import drover.inference.Phase;
import drover.inference.Position;
import org.junit.jupiter.api.Test;

final class ProgressLineTest {
    private static final long SECOND = 1_000_000_000L;

    private final ProgressLine line = new ProgressLine();

    @Test
    void beforeAnythingIsKnownThereIsNothingToSay() {
        assertThat(line.render(0)).isEmpty();
    }

    @Test
    void aPhaseShowsItsStepSpeedAndTimeLeft() {
        line.moved(new Position(Phase.DENOISING, 0, 20), 0);
        line.moved(new Position(Phase.DENOISING, 5, 20), 2 * SECOND);

        assertThat(line.render(2 * SECOND))
                .isEqualTo("denoising   [######..................] 5/20  2.5 it/s  6 s left");
        assertThat(line.render(3 * SECOND)).endsWith("2.5 it/s  5 s left");
    }

    @Test
    void theSpeedOfOnePhaseIsNotThatOfTheNext() {
        line.moved(new Position(Phase.DENOISING, 20, 20), SECOND);
        line.moved(new Position(Phase.POST_PROCESSING, 0, 1), 2 * SECOND);

        assertThat(line.render(2 * SECOND)).isEqualTo("post processing [........................] 0/1");
    }
}
