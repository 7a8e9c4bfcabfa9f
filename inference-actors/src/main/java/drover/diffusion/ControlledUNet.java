package drover.diffusion;

import ai.djl.ndarray.NDArray;
import drover.graph.NativeScope;
import java.util.ArrayList;
import java.util.List;

/** A UNet that takes what a ControlNet adds. Shares the weights of the plain one, and must be closed before it. */
public final class ControlledUNet implements AutoCloseable {
    private final Network network;

    ControlledUNet(Network network) {
        this.network = network;
    }

    /**
     * One pass; see {@link UNet2DConditionModel#predict}.
     *
     * @param residuals see {@link ControlNet#residuals}
     */
    public NDArray predict(
            NativeScope scope, NDArray sample, float timestep, NDArray context, List<NDArray> residuals) {
        try (NDArray time = scope.floats(new float[] {timestep}, 1)) {
            List<NDArray> inputs = new ArrayList<>(List.of(sample, time, context));
            inputs.addAll(residuals);
            return network.run(scope, inputs.toArray(NDArray[]::new)).get(UNetGraph.PREDICTION);
        }
    }

    @Override
    public void close() {
        network.close();
    }
}
