package drover.diffusion;

import drover.graph.Graph;
import drover.graph.Layer;
import drover.graph.Tensor;
import java.util.Optional;

/**
 * The residual block of UNet and autoencoder: norm, SiLU, convolution, twice; the time embedding is added in between.
 *
 * @param graph to be written to
 * @param groups of the group norms
 * @param eps of the group norms
 * @param timeWidth width of the time embedding; not used where there is none
 */
record ResnetBlock(Graph graph, int groups, double eps, int timeWidth) {
    /**
     * {@code [B, in, H, W]} to {@code [B, out, H, W]}.
     *
     * @param time the time embedding after SiLU, {@code [1 or B, timeWidth]}
     */
    Tensor apply(String path, Tensor x, Optional<Tensor> time, int in, int out) {
        try (Layer at = graph.layer(path)) {
            Tensor h = at.groupNorm("norm1", x, groups, in, eps).silu();
            h = at.conv2d("conv1", h, in, out, 3);
            if (time.isPresent()) {
                Tensor shift = at.linear("time_emb_proj", time.get(), timeWidth, out);
                h = h.add(shift.unsqueeze(-1).unsqueeze(-1));
            }
            h = at.groupNorm("norm2", h, groups, out, eps).silu();
            h = at.conv2d("conv2", h, out, out, 3);
            Tensor shortcut = in == out ? x : at.conv2d("conv_shortcut", x, in, out, 1);
            return shortcut.add(h);
        }
    }
}
