package drover.inference;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Which previews of an attempt are wanted. There are none of a picture that is to be checked before anybody sees it. Safe
 * for use by the thread that runs the attempt and another one that wishes.
 */
final class WantedPreviews {
    private final boolean allowed;
    private final AtomicReference<Wanted> wanted = new AtomicReference<>(new Wanted(1, 0));

    private record Wanted(int every, int left) {
        /** The more frequent and the longer of both. */
        private Wanted and(PreviewWish wish) {
            int steps = left == 0 ? wish.every() : Math.min(every, wish.every());
            return new Wanted(steps, Math.max(left, wish.times()));
        }

        private Wanted less() {
            return left == PreviewWish.UNTIL_THE_END ? this : new Wanted(every, Math.max(0, left - 1));
        }
    }

    WantedPreviews(InferenceRequest request) {
        allowed = switch (request) {
            case ImageRequest image -> image.safety().isEmpty();
        };
    }

    void wish(PreviewWish wish) {
        wanted.updateAndGet(before -> before.and(wish));
    }

    /** Whether one is wanted after so many steps. */
    boolean wanted(int step) {
        Wanted now = Objects.requireNonNull(wanted.get());
        return allowed && now.left() > 0 && step > 0 && step % now.every() == 0;
    }

    /** One has been made. */
    void made() {
        wanted.updateAndGet(Wanted::less);
    }
}
