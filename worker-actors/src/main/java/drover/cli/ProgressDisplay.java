package drover.cli;

import drover.inference.Phase;
import drover.inference.Position;
import java.io.PrintStream;
import java.util.Optional;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import org.jspecify.annotations.Nullable;

/** Shows a run's progress while it goes on: a line that is drawn anew on a terminal, a line for each phase elsewhere. */
interface ProgressDisplay extends AutoCloseable {
    /** A position has come. */
    void moved(Position position);

    /** Leaves the screen as a next line expects it. */
    @Override
    void close();

    /** The display that suits where it is shown. */
    static ProgressDisplay on(PrintStream out, Optional<Integer> terminalWidth, LongSupplier nanoTime) {
        return terminalWidth
                .<ProgressDisplay>map(width -> new Redrawn(out, width, nanoTime))
                .orElseGet(() -> new Lines(out));
    }

    /** For a terminal. */
    final class Redrawn implements ProgressDisplay {
        private static final int INTERVAL_MILLIS = 100;

        private final ProgressLine line = new ProgressLine();
        private final LongSupplier nanoTime;
        private final ProgressBar bar;

        Redrawn(PrintStream out, int width, LongSupplier nanoTime) {
            this.nanoTime = nanoTime;
            // The library draws, wipes and times; the text is ours, because a run has phases and its own idea of speed.
            this.bar = ProgressBar.builder()
                    .setInitialMax(1)
                    .setUpdateIntervalMillis(INTERVAL_MILLIS)
                    .continuousUpdate()
                    .clearDisplayOnFinish()
                    .setRenderer((state, length) -> cut(line.render(nanoTime.getAsLong()), length))
                    .setConsumer(new ConsoleProgressBarConsumer(out, Math.max(1, width - 1)))
                    .build();
        }

        @Override
        public void moved(Position position) {
            line.moved(position, nanoTime.getAsLong());
        }

        @Override
        public void close() {
            bar.close();
        }

        private static String cut(String text, int length) {
            return text.length() <= length ? text : text.substring(0, length);
        }
    }

    /** For a file or a pipe. */
    final class Lines implements ProgressDisplay {
        private final PrintStream out;
        private @Nullable Phase phase;

        Lines(PrintStream out) {
            this.out = out;
        }

        @Override
        public void moved(Position position) {
            if (position.phase() != phase) {
                phase = position.phase();
                String steps = position.of() > 1 ? " (" + position.of() + " steps)" : "";
                out.println(ProgressLine.name(position.phase()) + steps);
            }
        }

        @Override
        public void close() {}
    }
}
