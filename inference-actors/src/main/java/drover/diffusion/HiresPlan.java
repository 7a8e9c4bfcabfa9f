package drover.diffusion;

import java.util.List;
import java.util.Optional;

/**
 * How a large picture is painted in two passes, by the rules of the AI Horde's reference worker: the first at a size that
 * the model was trained for, the second over it at full size.
 *
 * @param firstWidth pixels of the first pass
 * @param firstHeight pixels of the first pass
 * @param secondSteps steps of the second pass
 */
public record HiresPlan(int firstWidth, int firstHeight, int secondSteps) {
    private static final int GRID = 64;
    private static final int ONE_SIDE = 512;
    private static final int XL_SIDE = 1024;
    /** Wide sizes that SDXL was trained on; tall ones are these on their side. */
    private static final List<int[]> XL_SIZES = List.of(
            new int[] {1024, 1024}, new int[] {1152, 896}, new int[] {1216, 832}, new int[] {1344, 768}, new int[] {
                1536, 640
            });

    private static final int FEWEST = 3;
    private static final int FEW = 18;
    private static final int AT_LEAST = 6;
    private static final double SHARE = 2.25;

    /**
     * The plan for a picture.
     *
     * @param model that paints it
     * @param steps that were asked for
     * @param strength of the second pass
     * @return empty if no side is longer than what the model was trained for, or one is not
     */
    public static Optional<HiresPlan> of(ModelInfo model, int width, int height, int steps, double strength) {
        return of(
                Architecture.STABLE_DIFFUSION_XL.pipeline().equals(model.architecture()),
                width,
                height,
                steps,
                strength);
    }

    /**
     * How many pixel-steps a picture takes whose model is known by name only: of the plans of all architectures, and of one
     * pass, the most.
     *
     * @param steps that were asked for
     * @param strength of the second pass
     */
    public static long mostPixelSteps(int width, int height, int steps, double strength) {
        long most = (long) width * height * steps;
        for (boolean xl : new boolean[] {false, true}) {
            Optional<HiresPlan> plan = of(xl, width, height, steps, strength);
            if (plan.isPresent()) {
                HiresPlan both = plan.get();
                long first = (long) both.firstWidth * both.firstHeight * steps;
                most = Math.max(most, first + (long) width * height * both.secondSteps);
            }
        }
        return most;
    }

    private static Optional<HiresPlan> of(boolean xl, int width, int height, int steps, double strength) {
        int side = xl ? XL_SIDE : ONE_SIDE;
        if (width <= side || height <= side) {
            return Optional.empty();
        }
        int[] first = xl ? nearest(width, height) : shortened(width, height);
        return Optional.of(new HiresPlan(first[0], first[1], secondSteps(width, height, side, steps, strength)));
    }

    /** The shorter side to 512, both down to a multiple of 64. */
    private static int[] shortened(int width, int height) {
        long shorter = Math.min(width, height);
        return new int[] {
            Math.toIntExact((long) width * ONE_SIDE / shorter / GRID * GRID),
            Math.toIntExact((long) height * ONE_SIDE / shorter / GRID * GRID)
        };
    }

    private static int[] nearest(int width, int height) {
        double wanted = (double) width / height;
        int[] best = XL_SIZES.getFirst();
        double least = Double.MAX_VALUE;
        for (int[] wide : XL_SIZES) {
            for (int[] size : List.of(wide, new int[] {wide[1], wide[0]})) {
                double distance = Math.abs((double) size[0] / size[1] - wanted);
                if (distance < least) {
                    least = distance;
                    best = size;
                }
            }
        }
        return best;
    }

    private static int secondSteps(int width, int height, int side, int steps, double strength) {
        double basic = Math.rint(FEWEST + (steps - FEWEST) * strength * strength);
        double times = (double) width * height / ((double) side * side) / (3.0 * ONE_SIDE / side);
        double second = Math.rint(basic * Math.pow(2, times) / SHARE);
        if (steps <= FEW) {
            second += FEWEST;
        }
        return (int) Math.max(Math.min(second, steps), Math.min(AT_LEAST, steps));
    }

    /**
     * Latents at the second pass's size: each takes the value of the one whose middle is nearest, ComfyUI's
     * {@code nearest-exact}.
     */
    public static float[] enlarged(float[] latents, StableDiffusion.LatentSize from, StableDiffusion.LatentSize to) {
        float[] large = new float[to.elements()];
        for (int y = 0; y < to.height(); y++) {
            int fromY = (int) ((y + 0.5) * from.height() / to.height());
            for (int x = 0; x < to.width(); x++) {
                int fromX = (int) ((x + 0.5) * from.width() / to.width());
                for (int c = 0; c < to.channels(); c++) {
                    large[(c * to.height() + y) * to.width() + x] =
                            latents[(c * from.height() + fromY) * from.width() + fromX];
                }
            }
        }
        return large;
    }
}
