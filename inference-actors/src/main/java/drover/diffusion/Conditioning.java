package drover.diffusion;

import ai.djl.ndarray.NDArray;
import drover.graph.NativeScope;
import drover.graph.Torch;
import java.util.Optional;

/**
 * What steers the denoising: the hidden states of the prompt, with guidance after those of the negative prompt, and what
 * SDXL's network is told beside. Owns its native memory.
 */
public final class Conditioning implements AutoCloseable {
    private final NativeScope scope;
    private final NDArray context;
    private final Optional<UNet2DConditionModel.Added> added;
    private final float guidance;

    /**
     * Takes the scope over, which owns the arrays.
     *
     * @param guidance classifier-free guidance scale; above 1 there are two rows of everything
     */
    Conditioning(NativeScope scope, NDArray context, Optional<UNet2DConditionModel.Added> added, float guidance) {
        this.scope = scope;
        this.context = context;
        this.added = added;
        this.guidance = guidance;
    }

    /**
     * From hidden states at hand.
     *
     * @param rows {@code [T, width]} of the negative prompt, then of the prompt
     */
    public static Conditioning of(Torch torch, float[] rows, long length, long width, double guidance) {
        NativeScope scope = torch.open("conditioning");
        return new Conditioning(scope, scope.floats(rows, 2, length, width), Optional.empty(), (float) guidance);
    }

    /** Hidden states, {@code [B, T, width]}; B is 2 with guidance, the negative prompt first, else 1. */
    public NDArray context() {
        return context;
    }

    /** What SDXL's network is told beside. */
    public Optional<UNet2DConditionModel.Added> added() {
        return added;
    }

    /** Whether there are two rows of everything. */
    boolean guided() {
        return guidance > 1;
    }

    float guidance() {
        return guidance;
    }

    @Override
    public void close() {
        scope.close();
    }
}
