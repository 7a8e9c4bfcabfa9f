package drover.diffusion;

import ai.djl.ndarray.NDArray;
import drover.graph.NativeScope;
import drover.graph.Torch;
import drover.inference.EngineException;
import java.util.Arrays;
import java.util.List;

/** A picture to follow, and how much. Owns its native memory; neither ControlNet nor UNet belong to it. */
public final class Control implements AutoCloseable {
    private final ControlNet net;
    private final ControlledUNet unet;
    private final NativeScope scope;
    private final NDArray hint;
    private final List<Double> scales;

    /**
     * Puts a control together.
     *
     * @param hint {@code [3, H, W]} in [0, 1]
     * @param rows of a batch: 2 with guidance, else 1
     * @param scale see {@link ControlNet#scales}
     */
    public Control(
            Torch torch,
            ControlNet net,
            UNet2DConditionModel unet,
            float[] hint,
            int height,
            int width,
            int rows,
            double scale)
            throws EngineException {
        if (!net.fits(unet.config())) {
            throw new EngineException.Unsupported("the ControlNet was made for another architecture than this model's");
        }
        this.net = net;
        this.scales = net.scales(scale, false);
        this.unet = unet.controlled(torch);
        this.scope = torch.open("control");
        float[] batch = Arrays.copyOf(hint, hint.length * rows);
        for (int i = 1; i < rows; i++) {
            System.arraycopy(hint, 0, batch, i * hint.length, hint.length);
        }
        this.hint = scope.floats(batch, net.dtype(), rows, 3, height, width);
    }

    NDArray predict(NativeScope step, NDArray sample, float timestep, NDArray context) {
        List<NDArray> residuals = net.residuals(step, sample, timestep, context, hint, scales);
        return unet.predict(step, sample, timestep, context, residuals);
    }

    @Override
    public void close() {
        scope.close();
        unet.close();
    }
}
