package drover.bench;

import drover.diffusion.LatentPreview;
import drover.picture.JpegEncoder;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What a step of a 1024x1024 picture takes longer when somebody watches: projection and encoding, with noise as the worst. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PreviewBench {
    private static final int SIDE = 128;

    private final float[] latents = noise();

    private static float[] noise() {
        Random random = new Random(1);
        float[] all = new float[4 * SIDE * SIDE];
        for (int i = 0; i < all.length; i++) {
            all[i] = (float) random.nextGaussian();
        }
        return all;
    }

    /** From latents to a file. */
    @Benchmark
    public byte[] previewOfAStep() {
        return JpegEncoder.encode(
                LatentPreview.of(LatentPreview.Space.STABLE_DIFFUSION_XL, latents, SIDE, SIDE), 60, Map.of());
    }
}
